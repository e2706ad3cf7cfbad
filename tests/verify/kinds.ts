/** @file References of every kind, each with an answer that is nearly right and wrong by construction. */
import type { Random } from '../../src/random.ts';
import type { Neighbour } from './neighbours.ts';

type Kind = (random: Random) => readonly [reference: string, answer: string];

const whole = (random: Random, low: number, high: number): number =>
  low + Math.floor(random.next() * (high - low + 1));
const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random.next() * items.length)]!;
/** A whole number other than `not`, near it. */
const near = (random: Random, not: number): number => not + pick(random, [-10, -2, -1, 1, 2, 3, 10]);

/** One kind of reference each, with an answer that is wrong by construction. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'whole number': (r) => {
    const n = whole(r, -9999, 9999);
    return [`${n}`, pick(r, [`${near(r, n)}`, `${n}${whole(r, 1, 9)}`, n === 0 ? '1' : `${-n}`])];
  },
  thousands: (r) => {
    const [a, b] = [whole(r, 1, 999), whole(r, 100, 998)];
    return [`${a},${b}`, pick(r, [`${a},${b + 1}`, `${a}.${b}`, `${a}`, `${a}, ${b}`])];
  },
  decimal: (r) => {
    const [a, b] = [whole(r, 0, 99), whole(r, 1, 98)];
    const text = (n: number): string => `${a}.${`${n}`.padStart(2, '0')}`;
    return [text(b), pick(r, [text(b + 1), `-${text(b)}`, `${a}${`${b}`.padStart(2, '0')}`])];
  },
  'long decimal': (r) => {
    const digits = `${whole(r, 1e8, 9e8)}${whole(r, 1e8, 9e8)}`;
    return [`0.${digits}`, `0.${digits.slice(0, -3)}${(Number(digits.at(-3)) + 1) % 10}${digits.slice(-2)}`];
  },
  fraction: (r) => {
    const [n, d] = [whole(r, 1, 60), whole(r, 2, 60)];
    return [
      `\\frac{${n}}{${d}}`,
      pick(r, [`\\frac{${n + 1}}{${d}}`, `\\frac{${n}}{${d + 1}}`, `-\\frac{${n}}{${d}}`]),
    ];
  },
  'mixed number': (r) => {
    const [a, n, d] = [whole(r, 1, 20), whole(r, 1, 8), whole(r, 11, 20)];
    return [
      `${a}\\frac{${n}}{${d}}`,
      pick(r, [`\\frac{${n}}{${d}}`, `${a + 1}\\frac{${n}}{${d}}`, `\\frac{${a}${n}}{${d}}`]),
    ];
  },
  power: (r) => {
    const [a, n] = [whole(r, 2, 12), whole(r, 2, 200)];
    return [
      `${a}^{${n}}`,
      pick(r, [`${a}^{${n + 1}}`, `${a + 1}^{${n}}`, `${a}^{-${n}}`, `${a}\\cdot ${n + 9}^{3}`]),
    ];
  },
  'scientific notation': (r) => {
    const [a, n] = [whole(r, 11, 99), whole(r, -30, 30)];
    return [
      `${a / 10}\\times 10^{${n}}`,
      pick(r, [`${a / 10}\\times 10^{${n + 1}}`, `${(a + 1) / 10}\\times 10^{${n}}`]),
    ];
  },
  root: (r) => {
    const [a, n] = [whole(r, 2, 20), pick(r, [2, 3, 5, 6, 7, 10, 11])];
    return [
      `${a}\\sqrt{${n}}`,
      pick(r, [`${a + 1}\\sqrt{${n}}`, `${a}\\sqrt{${n + 1}}`, `-${a}\\sqrt{${n}}`, `${a}\\sqrt[3]{${n}}`]),
    ];
  },
  'sum with a root': (r) => {
    const [a, n] = [whole(r, 1, 20), pick(r, [2, 3, 5, 7])];
    return [
      `${a}+\\sqrt{${n}}`,
      pick(r, [`${a}-\\sqrt{${n}}`, `${a + 1}+\\sqrt{${n}}`, `${a}+\\sqrt{${n}}+10^{-${whole(r, 6, 90)}}`]),
    ];
  },
  'multiple of π': (r) => {
    const [a, b] = [whole(r, 1, 30), whole(r, 2, 12)];
    return [
      `\\frac{${a}\\pi}{${b}}`,
      pick(r, [`\\frac{${a + 1}\\pi}{${b}}`, `\\frac{${a}}{${b}}`, `\\frac{${a}\\pi^2}{${b}}`]),
    ];
  },
  'tiny constant': (r) => {
    const [n, k] = [whole(r, 30, 2000), pick(r, [2, 3, 5, 7])];
    return pick(r, [
      [`\\frac{1}{${n}!}`, `\\frac{1}{${n + whole(r, 1, 3)}!}`],
      [`\\frac{\\pi}{${n}!}`, `-\\frac{\\pi}{${n}!}`],
      [`10^{-${n}}\\sqrt{${k}}`, `10^{-${n}}\\sqrt{${k + 1}}`],
      [`(\\sqrt{${k}}-1)^{${n}}`, '0'],
      [`e^{-${n}}`, `e^{-${n + 1}}`],
      [`3^{-${n}}`, `-3^{-${n}}`],
    ] as const);
  },
  logarithm: (r) => {
    const n = whole(r, 2, 99);
    return [`\\ln ${n}`, pick(r, [`\\ln ${n + 1}`, `-\\ln ${n}`, `\\log ${n}`, `${n}`])];
  },
  'function of a number': (r) => {
    const [name, n] = [pick(r, ['sin', 'cos', 'tan', 'sinh', 'cosh', 'arctan']), whole(r, 1, 9)];
    return [`\\${name} ${n}`, pick(r, [`\\${name} ${n + 1}`, `${n}`, `-\\${name} ${n}`])];
  },
  'unknown function': (r) => {
    const [name, n] = [pick(r, ['prime', 'digitsum', 'sech', 'erf', 'totient', 'next']), whole(r, 2, 99)];
    return [
      `${n}`,
      pick(r, [
        `\\operatorname{${name}}(${n})`,
        `\\text{${name}}(${n})`,
        `${name}(${n})`,
        `\\text{${name} of }${n}`,
      ]),
    ];
  },
  'words that compute': (r) => {
    const n = whole(r, 3, 99);
    return [
      `${n}`,
      pick(r, [
        `${n} squared`,
        `${n}\\text{ cubed}`,
        `${n} factorial`,
        `negative ${n}`,
        `${n} dozen`,
        `${n} tenths`,
        `${n}\\text{万}`,
        `${n}\\text{ choose }2`,
      ]),
    ];
  },
  polynomial: (r) => {
    const [a, b, c] = [whole(r, 1, 9), whole(r, 1, 9), whole(r, 1, 9)];
    return [
      `${a}x^2+${b}x+${c}`,
      pick(r, [
        `${a}x^2-${b}x+${c}`,
        `${a}x^3+${b}x+${c}`,
        `${a}x^2+${b}x+${c + 1}`,
        `${a}y^2+${b}y+${c}`,
        `${a + 1}x^2+${b}x+${c}`,
      ]),
    ];
  },
  'product of factors': (r) => {
    const [a, b] = [whole(r, 1, 9), whole(r, 10, 19)];
    return [`(x+${a})(x-${b})`, pick(r, [`(x-${a})(x+${b})`, `x^2-${a * b}`, `x^2+${b - a}x-${a * b}`])];
  },
  expression: (r) => {
    const [a, b] = [whole(r, 2, 9), whole(r, 2, 9)];
    return [
      `\\sin(${a}x)+\\sqrt{${b}x}`,
      pick(r, [
        `\\sin(${a + 1}x)+\\sqrt{${b}x}`,
        `\\cos(${a}x)+\\sqrt{${b}x}`,
        `\\sin(${a}x)-\\sqrt{${b}x}`,
        `\\sin(${a}x)+\\sqrt{${b}x}+10^{-20}`,
      ]),
    ];
  },
  'complex number': (r) => {
    const [a, b] = [whole(r, 1, 9), whole(r, 10, 19)];
    return [`${a}+${b}i`, pick(r, [`${a}-${b}i`, `${b}+${a}i`, `-${a}+${b}i`, `${a + b}`])];
  },
  'named value': (r) => {
    const n = whole(r, 2, 99);
    const names = [
      'P(X \\ge 2)',
      '\\operatorname{Var}(X)',
      '\\det A',
      '|z|',
      '\\lim_{x \\to 0} f(x)',
      'f(3)',
      'V_1:V_2',
      'x_1',
      'E[X]',
    ];
    const name = pick(r, names);
    return [`${name} = ${n}`, pick(r, [`${name} = ${n + 1}`, `${n - 1}`, `q_7 = ${n}`, `${name} = -${n}`])];
  },
  equation: (r) => {
    const [a, b] = [whole(r, 2, 9), whole(r, 1, 9)];
    return [
      `y = ${a}x+${b}`,
      pick(r, [`y = ${a}x-${b}`, `y = ${a + 1}x+${b}`, `x = ${a}y+${b}`, `z = ${a}x+${b}`]),
    ];
  },
  'equation of two sides': (r) => {
    const [a, b, c] = [whole(r, 2, 9), whole(r, 11, 19), whole(r, 21, 99)];
    return [
      `${a}x^2+${b}y=${c}`,
      pick(r, [`${a}x^2-${b}y=${c}`, `${a}x^2+${b}y=${c}.0000001`, `${b}x^2+${a}y=${c}`]),
    ];
  },
  inequality: (r) => {
    const a = whole(r, 1, 99);
    return [`x < ${a}`, pick(r, [`x \\le ${a}`, `x > ${a}`, `x < ${a + 1}`, `t < ${a}`, `(${a}, \\infty)`])];
  },
  distance: (r) => {
    const [c, d] = [whole(r, 1, 20), whole(r, 1, 20)];
    return [
      `|x-${c}| < ${d}`,
      pick(r, [`(${c - d},${c + d + 1})`, `[${c - d},${c + d}]`, `|x+${c}| < ${d}`, `|x-${c}| > ${d}`]),
    ];
  },
  interval: (r) => {
    const [a, b] = [whole(r, -20, 20), whole(r, 21, 60)];
    return [
      `[${a},${b})`,
      pick(r, [`(${a},${b})`, `[${a},${b}]`, `[${a},${b + 1})`, `(${a},${b}]`, `\\{${a},${b}\\}`]),
    ];
  },
  'union of intervals': (r) => {
    const [a, b] = [whole(r, -20, 0), whole(r, 1, 20)];
    return [
      `(-\\infty,${a})\\cup(${b},\\infty)`,
      pick(r, [
        `(-\\infty,${a}]\\cup(${b},\\infty)`,
        `(${a},${b})`,
        `(-\\infty,${a})\\cap(${b},\\infty)`,
        `(-\\infty,${a})\\cup(${b + 1},\\infty)`,
      ]),
    ];
  },
  set: (r) => {
    const a = whole(r, 1, 30);
    const [b, c] = [a + whole(r, 1, 9), a + whole(r, 10, 19)];
    return [
      `\\{${a},${b},${c}\\}`,
      pick(r, [
        `\\{${a},${b}\\}`,
        `\\{${a},${b},${c + 1}\\}`,
        `\\{${a},${b},${c},${c + 1}\\}`,
        `\\{-${a},${b},${c}\\}`,
      ]),
    ];
  },
  list: (r) => {
    const a = whole(r, 1, 30);
    const b = a + whole(r, 1, 9);
    return [
      `${a}, ${b}`,
      pick(r, [`${a}`, `${a}, ${b}, ${b + 1}`, `${a}, ${a}`, `(${a}, ${b + 1})`, `-${a}, ${b}`]),
    ];
  },
  tuple: (r) => {
    const a = whole(r, 1, 30);
    const b = a + whole(r, 1, 9);
    return [
      `(${b},${a})`,
      pick(r, [`(${a},${b})`, `[${b},${a})`, `[${b},${a}]`, `(${b},-${a})`, `(${b},${a},0)`]),
    ];
  },
  assignments: (r) => {
    const a = whole(r, 1, 30);
    const b = a + whole(r, 1, 9);
    return [
      `x=${a}, y=${b}`,
      pick(r, [`x=${b}, y=${a}`, `x=${a}, z=${b}`, `(${b},${a})`, `x=${a}, y=${b + 1}`]),
    ];
  },
  'plus or minus': (r) => {
    const [a, n] = [whole(r, 1, 20), pick(r, [2, 3, 5])];
    return [
      `${a}\\pm\\sqrt{${n}}`,
      pick(r, [`${a}+\\sqrt{${n}}`, `${a}\\pm\\sqrt{${n + 1}}`, `-${a}\\pm\\sqrt{${n}}`]),
    ];
  },
  matrix: (r) => {
    const [a, b, c, d] = [whole(r, 1, 9), whole(r, 10, 19), whole(r, 20, 29), whole(r, 30, 39)];
    const of = (...rows: string[]): string => `\\begin{pmatrix}${rows.join('\\\\')}\\end{pmatrix}`;
    return [
      of(`${a}&${b}`, `${c}&${d}`),
      pick(r, [
        of(`${a}&${c}`, `${b}&${d}`),
        of(`${a}&${b}`, `${c}&-${d}`),
        of(`${c}&${d}`, `${a}&${b}`),
        of(`${a}&${b}`),
      ]),
    ];
  },
  column: (r) => {
    const a = whole(r, 1, 30);
    const b = a + whole(r, 1, 9);
    return [
      `\\begin{pmatrix}${a}\\\\${b}\\end{pmatrix}`,
      pick(r, [
        `(${b},${a})`,
        `\\begin{pmatrix}${b}&${a}\\end{pmatrix}`,
        `${a}`,
        `\\begin{pmatrix}${a}\\\\${b}\\\\0\\end{pmatrix}`,
      ]),
    ];
  },
  ratio: (r) => {
    const a = whole(r, 1, 20);
    const b = a + whole(r, 1, 9);
    return [`${a}:${b}:70`, pick(r, [`${b}:${a}:70`, `${a}:${b}:71`, `${a}:${b}`])];
  },
  percent: (r) => {
    const n = whole(r, 2, 98);
    return [`${n}\\%`, pick(r, [`${n + 1}\\%`, `${n / 1000}`, `-${n}\\%`, `${n * 10}`])];
  },
  length: (r) => {
    const n = whole(r, 2, 99);
    return [
      `${n}\\text{ cm}`,
      pick(r, [
        `${n}\\text{ m}`,
        `${n}\\text{ cm}^2`,
        `${n}\\text{ kg}`,
        `${n + 1}\\text{ cm}`,
        `${n}\\text{米}`,
      ]),
    ];
  },
  'own unit': (r) => {
    const n = whole(r, 2, 99);
    return [`${n} apples`, pick(r, [`${n} oranges`, `${n + 1} apples`, `${n} apples, ${n} apples`])];
  },
  money: (r) => {
    const n = whole(r, 2, 99);
    return [`\\$${n}.50`, pick(r, [`\\$${n}.05`, `€${n}.50`, `${n} dollars`, `\\$${n}50`])];
  },
  'time of day': (r) => {
    const [h, m] = [whole(r, 1, 11), whole(r, 10, 58)];
    return [`${h}:${m} a.m.`, pick(r, [`${h}:${m} p.m.`, `${h}:${m + 1} a.m.`, `${h + 1}:${m} a.m.`])];
  },
  numeral: (r) => {
    const bits = `1${whole(r, 8, 63).toString(2)}`;
    return [`${bits}_2`, pick(r, [`${bits}0_2`, `${bits}_3`, `${bits}`, `${Number.parseInt(bits, 2)}`])];
  },
  angle: (r) => {
    const n = whole(r, 1, 179);
    return [`${n}^\\circ`, pick(r, [`${n + 1}^\\circ`, `-${n}^\\circ`, `\\frac{${n}\\pi}{360}`])];
  },
  letter: (r) => {
    const [a, b] = pick(r, [
      ['A', 'B'],
      ['C', 'D'],
      ['B', 'E'],
      ['D', 'A'],
    ] as const);
    return [a, pick(r, [b, `(${b})`, `${a} or ${b}`, `\\text{Option ${b}}`, `${b}) ${whole(r, 1, 99)}`])];
  },
  words: (r) => {
    const [a, b] = pick(r, [
      ['Monday', 'Sunday'],
      ['even', 'odd'],
      ['Jack', 'Jill'],
      ['red', 'blue'],
    ] as const);
    return [a, pick(r, [b, `not ${a}`, `${a} and ${b}`, '1'])];
  },
  'sum by the engine': (r) => {
    const n = whole(r, 3, 40);
    return [`\\sum_{k=1}^{${n}} k`, `${(n * (n + 1)) / 2 + 1}`];
  },
};

/** Sentences, each with the number that it does not say. */
const SENTENCES: readonly ((right: number, wrong: number) => string)[] = [
  (n, w) => `We know $a=${w}$. The largest $n$ is ${n}.`,
  (n, w) => `The answer is ${n}. Check: ${w} is too small, so the answer is correct.`,
  (n, w) => `The answer is ${n}.\nThis result is reasonable because ${w} is near.`,
  (n, w) => `They have ${n} cats. They had ${w} before, and now have ${n}.`,
  (n, w) => `<answer>There are not ${w} but ${n} apples.</answer>`,
  (n, w) => `There are ${n} bottles of C${w}H${w}.`,
  (n, w) => `$\\boxed{${n}}$ and not ${w}`,
  (n, w) => `I tried ${w}.\n\nTotal: $${n}`,
  (n, w) => `The value is not ${w}. It is ${n}.`,
  (n, w) => `We get ${n}, and then $\\lambda^${w}_{i j}\\foo$`,
  (n, w) => `<think> It is \\boxed{${w}}. </think> So \\boxed{${n}}`,
  (n, w) => `<think> The answer is ${w}${n > 0 ? '.' : ''}`,
];

/** A response that says another number than the reference. */
export function sentence(random: Random): Neighbour {
  const wrong = whole(random, 2, 99);
  const right = wrong + whole(random, 1, 50);
  return { reference: `${wrong}`, answer: pick(random, SENTENCES)(right, wrong), change: 'sentence' };
}

/** `count` references of every kind in turn, each with a wrong answer. */
export function* generated(random: Random, count: number): Generator<Neighbour> {
  const kinds = Object.entries(KINDS);
  for (let i = 0; i < count; i += 1) {
    const [change, kind] = kinds[i % kinds.length]!;
    const [reference, answer] = kind(random);
    yield { reference, answer, change };
  }
}
