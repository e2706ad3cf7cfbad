/** The contract of `TaskFamily`, run over every family of the registry. One alone: `-t '^sudoku4 '`. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { Random } from '../../random.ts';
import type { Problem, TaskFamily } from './family.ts';
import { FAMILIES, findFamily } from './registry.ts';

const PER_LEVEL = runs(12, 100);
/** Problems of a level that are made twice. */
const REPEATED = 20;
/** Problems of a level that are solved again from their text and meta: solvers search, generators need not. */
const SOLVED_PER_LEVEL = runs(3, 20);
/** Tests that may go through millions of characters or nodes: a limit against what never ends, not a measurement. */
const TIMEOUT_MS = 60_000;

const levelsOf = (family: TaskFamily) => Array.from({ length: family.levels }, (_, i) => i + 1);

function problemsOf(family: TaskFamily, level: number, seed = 1, count = PER_LEVEL): Problem[] {
  return Array.from({ length: count }, (_, i) =>
    family.generate(Random.derive(seed, family.name, level, i), level),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** `meta.size` where the family gives one, else the length of the text. */
const sizeOf = ({ text, meta }: Problem) => (typeof meta.size === 'number' ? meta.size : text.length);

/** Every answer with one of its digits raised by one; of an answer without digits, one letter exchanged. */
function mutationsOf(answer: string): string[] {
  const digits = [...answer.matchAll(/\d/g)];
  const places = digits.length > 0 ? digits : [...answer.matchAll(/[a-z]/gi)];
  return places.map(({ index, 0: old }) => {
    const next = /\d/.test(old) ? String((Number(old) + 1) % 10) : old.toLowerCase() === 'q' ? 'x' : 'q';
    return answer.slice(0, index) + next + answer.slice(index + 1);
  });
}

// biome-ignore format: one line a kind
const HOSTILE: readonly string[] = [
  '', ' ', '\n', '\u0000', '\ud800', '\u202e12', 'NaN', 'Infinity', '-Infinity', '1e999', '-0', '1e-999', '0x10',
  'null', 'undefined', 'true', '[object Object]', '__proto__', 'constructor', 'toString', '{"__proto__": {"a": 1}}',
  '9**9**9', '9^9^9^9^9', '1/0', '0/0', '()', '(', ')', '[]', '[[]]', '{}', ',', ',,,', '-', '+', '=', '->', '"', "'",
  '\\boxed{1}', '<answer>1</answer>', '１２３', '٣', 'é'.normalize('NFD'), '👩‍👩‍👧', '½', '∞', '−1', '1\u00a02',
  '('.repeat(200_000), `${'('.repeat(100_000)}1${')'.repeat(100_000)}`, '['.repeat(200_000), '{"a":'.repeat(100_000),
  '9'.repeat(1_000_000), '1,'.repeat(500_000), '1 '.repeat(500_000), '1\n'.repeat(500_000), '-'.repeat(1_000_000),
  'a'.repeat(1_000_000), 'a '.repeat(500_000), ' '.repeat(1_000_000), `${' '.repeat(1_000_000)}x`,
  '\n'.repeat(1_000_000), '2^'.repeat(300_000), '1+'.repeat(300_000), '1*'.repeat(300_000), '1/'.repeat(300_000),
  'not '.repeat(200_000), '1->2,'.repeat(200_000), 'A: 1, '.repeat(150_000), '.'.repeat(1_000_000),
  'U'.repeat(1_000_000), 'fill A\n'.repeat(100_000),
];

describe('the registry', () => {
  it('has at least 25 families, sorted, each under its own name', () => {
    const names = FAMILIES.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(25);
    expect(names).toEqual([...new Set(names)].sort());
    for (const family of FAMILIES) expect(findFamily(family.name)).toBe(family);
    expect(findFamily('no-such-family')).toBeUndefined();
  });
});

const CASES = FAMILIES.map((family) => [family.name, family] as const);

describe.each(CASES)('%s', { timeout: TIMEOUT_MS }, (_, family) => {
  let byLevel: Problem[][];
  let all: Problem[];
  beforeAll(() => {
    byLevel = levelsOf(family).map((level) => problemsOf(family, level));
    all = byLevel.flat();
  }, TIMEOUT_MS);

  it('has a plain name, a description of one line, and more than one level', () => {
    expect(family.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(family.description).toMatch(/^[^\n|]{10,160}\.$/);
    expect(family.levels).toBeGreaterThanOrEqual(2);
  });

  it('makes the same problem from the same stream, and many from many', () => {
    for (const level of levelsOf(family)) {
      const problems = problemsOf(family, level, 1, REPEATED);
      expect(problemsOf(family, level, 1, REPEATED)).toEqual(problems);
      const texts = [...problems, ...problemsOf(family, level, 2, REPEATED)].map(({ text }) => text);
      expect(new Set(texts).size).toBeGreaterThanOrEqual(level === 1 ? REPEATED / 2 : REPEATED);
    }
  });

  it('gives its own answer the score 1, with white space around it and after a round trip through JSON', () => {
    for (const problem of all) {
      expect(problem.answer).not.toBe('');
      expect(family.score(problem.answer, problem), problem.text).toBe(1);
      expect(family.score(`\n  ${problem.answer} \n`, problem)).toBe(1);
      const stored = JSON.parse(JSON.stringify(problem)) as Problem;
      expect(stored).toEqual(problem);
      expect(family.score(problem.answer, stored)).toBe(1);
    }
  });

  it('is solved without the answer: each solution scores 1, and there is one where one is claimed', () => {
    for (const problem of byLevel.flatMap((problems) => problems.slice(0, SOLVED_PER_LEVEL))) {
      const solutions = family.solve({ ...problem, answer: '' });
      expect(solutions.length, problem.text).toBeGreaterThan(0);
      for (const solution of solutions) expect(family.score(solution, problem), problem.text).toBe(1);
      if (family.unique) expect(solutions, problem.text).toHaveLength(1);
    }
  });

  it('scores wrong answers below 1', () => {
    let others = 0;
    let othersRight = 0;
    for (const [i, problem] of all.entries()) {
      expect(family.score('', problem)).toBe(0);
      const other = all[(i + 1) % all.length]!.answer;
      if (other !== problem.answer) {
        others++;
        othersRight += family.score(other, problem) === 1 ? 1 : 0;
      }
      if (!family.unique) continue;
      for (const wrong of mutationsOf(problem.answer)) {
        expect(family.score(wrong, problem), `${wrong} for ${problem.text}`).toBeLessThan(1);
      }
      if (other === problem.answer) continue;
      for (const wrong of [other, `${other} ${problem.answer}`, `${problem.answer}\n${other}`]) {
        expect(family.score(wrong, problem), `${wrong} for ${problem.text}`).toBeLessThan(1);
      }
    }
    expect(others).toBeGreaterThan(0);
    expect(othersRight / others).toBeLessThan(0.5);
  });

  it('takes whatever an answer holds, and says 0 or 1 where no partial credit is stated', () => {
    const check = (answer: string, problem: Problem) => {
      const score = family.score(answer, problem);
      expect(score >= 0 && score <= 1, `${answer.slice(0, 40)}: ${score}`).toBe(true);
      if (family.partialCredit === undefined) expect([0, 1]).toContain(score);
    };
    const samples = byLevel.map((problems) => problems[0]!);
    for (const problem of [samples[0]!, samples.at(-1)!]) {
      for (const hostile of HOSTILE) check(hostile, problem);
      check(`${problem.answer}${' '.repeat(1_000_000)}`, problem);
      check(problem.answer.repeat(Math.ceil(200_000 / problem.answer.length)), problem);
    }
    const anyProblem = fc.constantFrom(...all);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), anyProblem, check), {
      numRuns: runs(200, 4_000),
      seed: 1,
    });
    // Pieces of the right answer in another order: near enough to pass the parser.
    const shuffled = fc.tuple(anyProblem, fc.integer()).map(([problem, seed]) => {
      const pieces = problem.answer.split(/(?<=[\s,])/);
      return [Random.derive(seed).shuffle(pieces).join(''), problem] as const;
    });
    fc.assert(
      fc.property(shuffled, ([answer, problem]) => check(answer, problem)),
      { numRuns: runs(100, 2_000), seed: 1 },
    );
  });

  it('says nothing of the answer in the text', () => {
    for (const { text } of all) expect(text.trim()).toBe(text);
    // Short answers are words and numbers of the text itself; a long one may by rare chance be the text's own example.
    const said = all.filter(({ text, answer }) => answer.length >= 12 && text.includes(answer));
    expect(said.length, said[0]?.text).toBeLessThanOrEqual(all.length / 50);
  });

  it('grows with the level', () => {
    const sizes = byLevel.map((problems) => mean(problems.map(sizeOf)));
    for (let i = 1; i < sizes.length; i++) expect(sizes[i]).toBeGreaterThanOrEqual(0.95 * sizes[i - 1]!);
    expect(sizes.at(-1)).toBeGreaterThan(sizes[0]!);
  });
});
