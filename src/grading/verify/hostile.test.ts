/** @file Input made to exhaust time, memory or the stack: each costs at most its limit, and the process goes on. */
import { afterAll, describe, expect, it } from 'vitest';
import { LONG } from '../../../tests/support/long.ts';
import { closeEngines, verifyMath } from './index.ts';

afterAll(closeEngines);

const LIMITS = { timeLimit: 1000, memoryLimit: 512 };
/** Beyond the limit: starting the engine's process on a loaded machine, and reading. */
const SLACK = 20_000;
const MEGABYTE = 2 ** 20;
const nest = (open: string, inside: string, close: string, depth: number): string =>
  open.repeat(depth) + inside + close.repeat(depth);

const HOSTILE: Readonly<Record<string, string>> = {
  'a tower of powers': '9^{9^{9^9}}',
  'a tower of powers of ten': '10^{10^{10^{10}}}',
  'a tower without braces': '9^9^9^9^9^9^9',
  'a difference of towers': '9^{9^{9^9}} - 9^{9^{9^9}} + 1',
  'a power of two': '2^{10000000}',
  'a power with a huge exponent': `2^{${'9'.repeat(300)}}`,
  'a root of huge degree': `\\sqrt[${'9'.repeat(100)}]{2}`,
  'a huge factorial': '1000000!',
  'factorials of factorials': '((((9!)!)!)!)!',
  'a huge binomial': '\\binom{1000000}{500000}',
  'a huge expansion': '(x+y+z+1)^{200}',
  'an expansion with roots': '(\\sqrt{x}+\\sqrt{y}+\\sin z+1)^{500}',
  'a huge sum': '\\sum_{k=1}^{100000000000} \\sin(k)',
  'a huge product': '\\prod_{k=1}^{1000000000} (1 + 1/k)',
  'sums of sums':
    '\\sum_{a=1}^{9999}\\sum_{b=1}^{9999}\\sum_{c=1}^{9999}\\sum_{d=1}^{9999} \\frac{1}{a+b+c+d}',
  'an integral of a tower': '\\int_0^1 x^{x^{x^{x^x}}} \\sin(1/x) dx',
  'a limit that oscillates': '\\lim_{x\\to 0} \\sin\\frac{1}{x}',
  'a huge derivative': '\\frac{d^{50}}{dx^{50}} \\sin(x^{x^x})',
  'deep braces': nest('{', '1', '}', 5000),
  'deep brackets': nest('(', '1', ')', 5000),
  'deep fractions': nest('\\frac{1}{1+', '1', '}', 5000),
  'deep roots': nest('\\sqrt{', '2', '}', 5000),
  'deep absolute values': nest('|', '1', '|', 5000),
  'deep signs': `${'-'.repeat(5000)}1`,
  'deep boxes': nest('\\boxed{', '1', '}', 5000),
  'deep sets': nest('\\{', '1', '\\}', 100),
  'nesting just below the limit on length': nest('\\sqrt{', '2', '}', 120),
  'brackets that never close': '('.repeat(MEGABYTE),
  'a megabyte of digits': '7'.repeat(MEGABYTE),
  'a megabyte of letters': 'a'.repeat(MEGABYTE),
  'a megabyte of spaces': ' '.repeat(MEGABYTE),
  'a megabyte of backslashes': '\\'.repeat(MEGABYTE),
  'a megabyte of dollars': '$'.repeat(MEGABYTE),
  'a megabyte of commas': '1,'.repeat(MEGABYTE / 2),
  'a megabyte of boxes': '\\boxed{'.repeat(MEGABYTE / 8),
  'a megabyte of closed boxes': '\\boxed{1}'.repeat(MEGABYTE / 8),
  'a megabyte of answer tags': '<answer>'.repeat(MEGABYTE / 8),
  'a megabyte of phrases': 'the answer is '.repeat(MEGABYTE / 16),
  'a megabyte of thoughts': '<think></think>'.repeat(MEGABYTE / 16),
  'a long sentence': 'the quick brown fox jumps over '.repeat(900),
  'many phrases with a long gap': `answer to ${'x '.repeat(900)}`,
  'many stars and spaces': `answer${'*'.repeat(500)}${' '.repeat(1400)}`,
  'many thousands groups': `${'1,111'.repeat(180)}`,
  'many spaced groups': `1${' 111'.repeat(200)}x`,
  'many signs of degree': '1'.concat('^\\circ'.repeat(150)),
  'many plus-minus': Array.from({ length: 100 }, (_, k) => `\\pm ${k}`).join(' '),
  'a long list': Array.from({ length: 240 }, (_, k) => `x_${k}`).join(','),
  'a long union': Array.from({ length: 90 }, (_, k) => `(${2 * k},${2 * k + 1})`).join('\\cup'),
  'a wide matrix': `\\begin{pmatrix}${'1&'.repeat(250)}1\\end{pmatrix}`,
  'a matrix that never closes': `\\begin{pmatrix}${'1&'.repeat(250)}`,
  'names of prototypes': '__proto__ constructor toString hasOwnProperty',
  'lone surrogates': '\ud800\udc00\ud800\ud800',
  'control characters': '\u0000\u0001\u001b[2J\u202e1',
  'a code in LaTeX': '\\input{/etc/passwd} \\write18{id} \\def\\a{\\a\\a}\\a',
};

/** Run to the limit on time, in every pair. One of them stands for all in `npm test`. */
const ENDLESS = ['a huge binomial', 'a huge sum', 'a huge product', 'sums of sums'];
const skipped = LONG ? [] : ENDLESS.filter((name) => name !== 'a huge sum');

describe('hostile input', () => {
  it('has the endless ones', () => {
    expect(Object.keys(HOSTILE)).toEqual(expect.arrayContaining(ENDLESS));
  });

  for (const [name, text] of Object.entries(HOSTILE)) {
    if (skipped.includes(name)) continue;
    it(`${name} as the response is wrong, in time`, { timeout: 60_000 }, async () => {
      const start = performance.now();
      expect(await verifyMath('5', text, LIMITS)).toBe(false);
      expect(await verifyMath('x^2', `\\boxed{${text}}`, LIMITS)).toBe(false);
      expect(performance.now() - start).toBeLessThan(2 * LIMITS.timeLimit + SLACK);
    });

    it(`${name} as the reference is never what 5 is`, { timeout: 60_000 }, async () => {
      const start = performance.now();
      expect(await verifyMath(text, '5', LIMITS)).not.toBe(true);
      expect(performance.now() - start).toBeLessThan(LIMITS.timeLimit + SLACK);
    });
  }

  it('goes on with the next pair after one was killed', async () => {
    await verifyMath('\\sum_{k=1}^{100000000000} \\sin(k)', '5', { timeLimit: 200 });
    expect(await verifyMath('\\sum_{k=1}^{10} k', '55')).toBe(true);
  });

  it('keeps to its limit on memory', async () => {
    const before = performance.now();
    // Below what the engine needs to start: the process is killed while it works.
    expect(await verifyMath('\\sum_{k=1}^{100000000000} \\sin(k)', '5', { memoryLimit: 20 })).not.toBe(true);
    expect(performance.now() - before).toBeLessThan(SLACK);
  });
});
