/**
 * @file Answers that are nearly right: a reference with one digit, sign, exponent, unit, order or bracket changed. None of
 * them may be accepted.
 *
 * `neighboursOf` changes the text of a reference; a few changes leave its value as it is (EQUAL_AFTER_ALL). `kinds.ts`
 * makes references of every kind with an answer that is wrong by construction.
 */
/** A reference, and an answer that is wrong. */
export interface Neighbour {
  readonly reference: string;
  readonly answer: string;
  /** What was changed. */
  readonly change: string;
}

/** Changes that leave a value as it is, or that docs/verify.md lets pass: reference and answer. */
const EQUAL_AFTER_ALL = new Set([
  // Rounded decimals of six digits, and of four decimal places.
  '0.785398 → 0.7853983',
  '1.4142134 → 1.41421343',
  '1.4142134 → 1.414213',
  '2.71828 → 2.718283',
  '0.333333 → 0.3333333',
  // Functions with one value for many arguments.
  '\\binom{5}{2} → \\binom{5}{3}',
  '\\lfloor 3.7 \\rfloor → \\lfloor 3.8 \\rfloor',
  '\\lfloor 3.7 \\rfloor → \\lfloor 3.2 \\rfloor',
  '\\lfloor 3.7 \\rfloor → \\lfloor 3.73 \\rfloor',
  '\\lceil 3.2 \\rceil → \\lceil 3.3 \\rceil',
  '\\lceil 3.2 \\rceil → \\lceil 3.7 \\rceil',
  '\\lceil 3.2 \\rceil → \\lceil 3.23 \\rceil',
  '\\max(1,2) → \\max(2,2)',
  '\\max(1,2) → \\max(-1,2)',
  '\\max(1,2) → \\max(2, 1)',
  '\\gcd(12,18) → \\gcd(-12,18)',
  '\\gcd(12,18) → \\gcd(12,-18)',
  '\\gcd(12,18) → \\gcd(18, 12)',
  '\\gcd(-12,18) → \\gcd(-12,-18)',
  '\\gcd(-12,18) → \\gcd(18, -12)',
  '5 \\bmod 3 → 53 \\bmod 3',
  '(-1)^{n+1} → (-1)^{n-1}',
  '|3+4i| → |3-4i|',
  '\\lim_{x\\to 0}\\frac{\\sin x}{x} → \\lim_{x\\to 0}\\frac{x}{\\sin x}',
  // Sets drop repetitions; ∞ is in no interval; both items of a pair are the same.
  '\\{1,1,2\\} → \\{2,1,2\\}',
  '\\{1,1,2\\} → \\{1,2,2\\}',
  '1 \\le x < \\infty → 1 \\le x \\le  \\infty',
  '(3,3) → (3, 3)',
  'i^2 → i^2^7',
  // A unit on one side only.
  '$1,000$ → €1,000$',
]);

/** Each of these is put in the place of the other, once at each place where it stands. */
const SWAPS: readonly (readonly [change: string, from: RegExp, to: (found: string) => string])[] = [
  ['digit', /\d/g, (digit) => `${(Number(digit) + 1) % 10}`],
  ['digit', /\d/g, (digit) => `${(Number(digit) + 5) % 10}`],
  ['longer', /\d(?![\d}])/g, (digit) => `${digit}3`],
  ['shorter', /(?<=\d)[1-9](?!\d)/g, () => ''],
  ['sign', /(?<=[\w})] ?)\+(?=[\s\w\\(])/g, () => '-'],
  ['sign', /(?<=[\w})] ?)-(?=[\s\w\\(])/g, () => '+'],
  ['sign', /(?<=^|[(,=] ?)(?=[1-9]|0\.)/g, () => '-'],
  ['exponent', /\^\{?(?=\d)/g, (found) => `${found}1`],
  ['exponent', /(?<=[A-Za-hj-z]|[2-9])(?=$)(?<!\\infty)/g, () => '^7'],
  ['unit', /\bcm\b/g, () => 'mm'],
  ['unit', /\bm\b(?=[/^²}]|$)/g, () => 'km'],
  ['unit', /\b(?:hours?|minutes?)\b/g, (unit) => (unit.startsWith('h') ? 'seconds' : 'days')],
  ['unit', /\bk?g\b/g, (unit) => (unit === 'g' ? 'kg' : 'mg')],
  ['unit', /\\?\$(?=\d)/g, () => '€'],
  ['order', /(?<=[([] ?)(-?[\w./]+) ?, ?(-?[\w./]+)(?= ?[)\]])/g, turned],
  [
    'order',
    /(?<=\\frac)\{([^{}]+)\}\{([^{}]+)\}/g,
    (pair) => pair.replace(/(\{[^{}]+\})(\{[^{}]+\})/, '$2$1'),
  ],
  ['order', /\b\d+:\d+\b/g, (ratio) => ratio.split(':').reverse().join(':')],
  ['bracket', /\((?=[^()]*,[^()]*[)\]])(?! ?-(?:\\infty|∞)|−∞)/g, () => '['],
  ['bracket', /\[(?=[^[\]]*,[^[\]]*[)\]])/g, () => '('],
  ['relation', /<(?!=)/g, () => '\\le '],
  ['relation', /\\leq?(?![a-z])|≤/g, () => '<'],
  ['relation', /\\geq?(?![a-z])|≥/g, () => '>'],
  ['relation', /<(?!=)/g, () => '>'],
  ['name', /\\sin(?![a-z])/g, () => '\\cos'],
  ['name', /\\ln(?![a-z])/g, () => '\\log'],
  ['name', /(?<![A-Za-z\\])x(?![A-Za-z])/g, () => 'w'],
  ['name', /\\pi(?![a-z])/g, () => 'e'],
  ['root', /\\sqrt(?=\{|\d)/g, () => '\\sqrt[3]'],
];

function turned(pair: string): string {
  const [first = '', second = ''] = pair.split(',');
  return `${second.trim()}, ${first.trim()}`;
}

/** Every change of one place of a reference. Of a lettered choice the letter is compared, whatever stands beside it. */
export function neighboursOf(reference: string): Neighbour[] {
  if (/\([A-J]\)/.test(reference)) return [];
  const found = new Map<string, Neighbour>();
  for (const [change, from, to] of SWAPS) {
    for (const match of reference.matchAll(from)) {
      const answer =
        reference.slice(0, match.index) + to(match[0]) + reference.slice(match.index + match[0].length);
      if (EQUAL_AFTER_ALL.has(`${reference} → ${answer}`)) continue;
      if (answer !== reference && !found.has(answer)) found.set(answer, { reference, answer, change });
    }
  }
  return [...found.values()];
}
