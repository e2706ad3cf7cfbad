/** @file A word of bits put through logical operations, shifts and rotations. */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { width: 6, steps: 1 },
  { width: 8, steps: 2 },
  { width: 8, steps: 4 },
  { width: 12, steps: 6 },
  { width: 20, steps: 8 },
];
const INTROS = ['Start with the bits', 'Given the binary word', 'Take the bit string'];

interface Operation {
  /** `BITS` is a word as wide as the value, `N` a number of places. */
  readonly wording: string;
  readonly run: (value: number, width: number, bits: number, n: number) => number;
  /** The same on characters. */
  readonly spell: (word: string, bits: string, n: number) => string;
}

const OPERATIONS: readonly Operation[] = [
  {
    wording: 'AND with BITS',
    run: (v, _w, b) => v & b,
    spell: (word, bits) => merge(word, bits, (a, b) => a + b === '11'),
  },
  {
    wording: 'OR with BITS',
    run: (v, _w, b) => v | b,
    spell: (word, bits) => merge(word, bits, (a, b) => a + b !== '00'),
  },
  {
    wording: 'XOR with BITS',
    run: (v, _w, b) => v ^ b,
    spell: (word, bits) => merge(word, bits, (a, b) => a !== b),
  },
  {
    wording: 'NOT (invert every bit)',
    run: (v, w) => v ^ (2 ** w - 1),
    spell: (word) => merge(word, word, (a) => a === '0'),
  },
  {
    wording: 'shift left by N, filling with zeros',
    run: (v, w, _b, n) => (v * 2 ** n) % 2 ** w,
    spell: (word, _bits, n) => word.slice(n) + '0'.repeat(n),
  },
  {
    wording: 'shift right by N, filling with zeros',
    run: (v, _w, _b, n) => v >> n,
    spell: (word, _bits, n) => '0'.repeat(n) + word.slice(0, word.length - n),
  },
  {
    wording: 'rotate left by N',
    run: (v, w, _b, n) => ((v * 2 ** n) % 2 ** w) + (v >> (w - n)),
    spell: (word, _bits, n) => word.slice(n) + word.slice(0, n),
  },
];

/** On integers with a mask; the solver reads each line and works on the characters 0 and 1. */
export const bitOperations: TaskFamily = {
  name: 'bit-operations',
  description: 'Carry out logical operations, shifts and rotations on a word of bits.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { width, steps } = atLevel(LEVELS, level);
    for (;;) {
      const start = drawWord(random, width);
      let value = start;
      const lines = Array.from({ length: steps }, (_, i) => {
        const operation = random.choice(OPERATIONS);
        const bits = drawWord(random, width);
        const n = random.int(1, 3);
        value = operation.run(value, width, bits, n);
        return `${i + 1}. ${operation.wording.replace('BITS', write(bits, width)).replace(/\bN\b/, String(n))}`;
      });
      const text = [
        `${random.choice(INTROS)} ${write(start, width)}, the most significant bit first.`,
        `Apply these operations one after the other, keeping ${width} bits throughout:`,
        ...lines,
        `Answer with the ${width} bits of the result.`,
      ].join('\n');
      const answer = write(value, width);
      if (!text.includes(answer)) return { text, answer, meta: { size: width * steps } };
    }
  },

  score(answer, problem) {
    const bits = plainAnswer(answer, 200).replace(/^0b/i, '').replace(/[\s_]/g, '');
    return bits === problem.answer ? 1 : 0;
  },

  solve({ text }) {
    const lines = text.split('\n');
    const start = /[01]{2,}/.exec(lines[0]!)?.[0] ?? '';
    return [lines.slice(2, -1).reduce((word, line) => carryOut(word, line.replace(/^\d+\. /, '')), start)];
  },
};

function carryOut(word: string, line: string): string {
  const bits = /[01]{4,}/.exec(line)?.[0] ?? '';
  const n = Number(/by (\d)/.exec(line)?.[1]);
  const operation = OPERATIONS.find(
    ({ wording }) => wording.replace('BITS', bits).replace(/\bN\b/, String(n)) === line,
  );
  if (operation === undefined) throw new RangeError(`no operation reads: ${line}`);
  return operation.spell(word, bits, n);
}

function drawWord(random: Random, width: number): number {
  return random.int(1, 2 ** width - 2);
}

function write(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}

function merge(a: string, b: string, isOne: (a: string, b: string) => boolean): string {
  return [...a].map((bit, i) => (isOne(bit, b.charAt(i)) ? '1' : '0')).join('');
}
