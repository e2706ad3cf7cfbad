import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { bitOperations } from './bit-operations.ts';

const run = (...lines: string[]) => {
  const text = [
    'Start with the bits 110010, …',
    'Apply:',
    ...lines.map((line, i) => `${i + 1}. ${line}`),
    'Answer.',
  ];
  return bitOperations.solve({ text: text.join('\n'), answer: '', meta: {} })[0];
};

describe('bit-operations', () => {
  it.each([
    ['AND with 010110', '010010'],
    ['OR with 010110', '110110'],
    ['XOR with 010110', '100100'],
    ['NOT (invert every bit)', '001101'],
    ['shift left by 2, filling with zeros', '001000'],
    ['shift right by 2, filling with zeros', '001100'],
    ['rotate left by 2', '001011'],
  ])('110010: %s → %s', (line, bits) => {
    expect(run(line)).toBe(bits);
  });

  it('agrees with integers', () => {
    for (let i = 0; i < 200; i++) {
      const problem = bitOperations.generate(Random.derive(i, 'bits'), 1 + (i % bitOperations.levels));
      expect(bitOperations.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads groups and a prefix, and wants leading zeros', () => {
    const problem = { text: '', answer: '00101100', meta: {} };
    for (const right of ['00101100', '0b00101100', '0010 1100', '0010_1100'])
      expect(bitOperations.score(right, problem)).toBe(1);
    for (const wrong of ['101100', '00101101', '44']) expect(bitOperations.score(wrong, problem)).toBe(0);
  });
});
