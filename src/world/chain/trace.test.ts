import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { evaluate, randomProblem } from './problem.ts';
import { answerOf, walk, writeTrace } from './trace.ts';

const problem = {
  start: 30,
  steps: [
    { operator: '*', operand: 2 },
    { operator: '+', operand: 8 },
    { operator: '-', operand: 27 },
  ],
} as const;
const careful = { slipRate: 0, noticeRate: 0, redoRightRate: 1 };
const LINE = /^(?:(?:then|再|wait|等等) )?(\d+) (plus|minus|times|加|减|乘) (\d+) (?:is|得) (\d+)$/u;

/** The lines of a trace's text as numbers. */
function read(text: string) {
  return text
    .replace(/ \.$/u, '')
    .split(' . ')
    .map((line) => {
      const [, before, word, operand, after] = LINE.exec(line)!;
      return { before: Number(before), word: word!, operand: Number(operand), after: Number(after) };
    });
}

const results: { [word: string]: (a: number, b: number) => number } = {
  plus: (a, b) => a + b,
  加: (a, b) => a + b,
  minus: (a, b) => a - b,
  减: (a, b) => a - b,
  times: (a, b) => a * b,
  乘: (a, b) => a * b,
};

describe('traces', () => {
  it('are written as the base model reads them', () => {
    const lines = walk(problem, careful, Random.derive(1));
    expect(writeTrace(lines, 'en', Random.derive(1))).toEqual({
      text: '30 times 2 is 60 . then 60 plus 8 is 68 . then 68 minus 27 is 41 .',
      lastLanguage: 'en',
    });
    expect(writeTrace(lines, 'zh', Random.derive(1)).text).toBe(
      '30 乘 2 得 60 . 再 60 加 8 得 68 . 再 68 减 27 得 41 .',
    );
  });

  it('state only what is right when nothing slips', () => {
    const random = Random.derive(2);
    for (let i = 0; i < 1_000; i++) {
      const chain = randomProblem(random.int(2, 7), random);
      const lines = walk(chain, careful, random);
      const { text } = writeTrace(lines, random.choice(['en', 'zh', 'mixed'] as const), random);
      let value = chain.start;
      for (const line of read(text)) {
        expect(line.before).toBe(value);
        expect(line.after).toBe(results[line.word]!(line.before, line.operand));
        value = line.after;
      }
      expect(answerOf(lines)).toBe(evaluate(chain));
      expect(value).toBe(evaluate(chain));
    }
  });

  it('slip at about the rate, by 1, 10 or a factor, stay in 0..99, and go on from the wrong value', () => {
    const random = Random.derive(3);
    let steps = 0;
    let slips = 0;
    for (let i = 0; i < 2_000; i++) {
      const chain = randomProblem(random.int(2, 7), random);
      let value = chain.start;
      const lines = walk(chain, { slipRate: 0.08, noticeRate: 0, redoRightRate: 1 }, random);
      for (const { before, step, after } of lines) {
        expect(before).toBe(value);
        expect(after >= 0 && after <= 99).toBe(true);
        const off = Math.abs(
          after - results[{ '+': 'plus', '-': 'minus', '*': 'times' }[step.operator]]!(before, step.operand),
        );
        expect([0, 1, 10, ...(step.operator === '*' ? [step.operand] : [])]).toContain(off);
        steps++;
        if (off > 0) slips++;
        value = after;
      }
    }
    expect(slips / steps).toBeGreaterThan(0.055);
    expect(slips / steps).toBeLessThan(0.08);
  });

  it('notice slips at the rate and redo the same step', () => {
    const random = Random.derive(4);
    let slips = 0;
    let noticed = 0;
    let redoneRight = 0;
    for (let i = 0; i < 5_000; i++) {
      const lines = walk(problem, { slipRate: 0.2, noticeRate: 0.35, redoRightRate: 0.95 }, random);
      for (const [k, { opening, before, step, after }] of lines.entries()) {
        const right =
          after ===
          results[{ '+': 'plus', '-': 'minus', '*': 'times' }[step.operator]]!(before, step.operand);
        if (opening !== 'wait') {
          slips += right ? 0 : 1;
          continue;
        }
        noticed++;
        expect(lines[k - 1]).toMatchObject({ before, step });
        redoneRight += right ? 1 : 0;
      }
    }
    expect(noticed / slips).toBeCloseTo(0.35, 1.5);
    expect(redoneRight / noticed).toBeCloseTo(0.95, 1.5);
  });

  it('mix languages by the line', () => {
    const lines = walk(problem, careful, Random.derive(5));
    const texts = Array.from({ length: 50 }, (_, i) => writeTrace(lines, 'mixed', Random.derive(6, i)).text);
    expect(texts).toContain('30 乘 2 得 60 . then 60 plus 8 is 68 . 再 68 减 27 得 41 .');
  });
});
