import { describe, expect, it } from 'vitest';
import { historyLines } from './history.ts';

const rl = Array.from({ length: 40 }, (_, i) => ({
  step: i + 1,
  reward: i / 20,
  'rewards/accuracy/mean': i / 39,
  'completions/mean_length': 9 + i,
  loss: 0,
}));

describe('historyLines', () => {
  it('draws reward, accuracy and length', () => {
    expect(historyLines(rl, 60)).toMatchInlineSnapshot(`
      [
        "reward    ▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███  0.000 → 1.92",
        "accuracy  ▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███  0% → 99%",
        "length    ▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███  9 → 48",
      ]
    `);
  });

  it('draws validations side by side, however many steps lie between', () => {
    const validated = rl.map((report, i) =>
      i % 10 === 9 ? { ...report, 'validation/accuracy': i / 39 } : report,
    );
    expect(historyLines(validated, 60)).toContain('held out  ▁▃▆█  23% → 100%');
  });

  it('draws the loss where there is no reward', () => {
    const reports = [4, 3, 2].map((loss, i) => ({ step: i + 1, loss }));
    expect(historyLines(reports, 80)).toEqual(['loss      █▅▁  4.00 → 2.00']);
  });

  it('draws nothing of a few steps, of unknown metrics, or on a narrow terminal', () => {
    expect(historyLines(rl.slice(0, 2), 80)).toEqual([]);
    expect(historyLines([{ step: 1 }, { step: 2 }, { step: 3 }], 80)).toEqual([]);
    expect(historyLines(rl, 40)).toEqual([]);
    expect(historyLines([], 80)).toEqual([]);
  });

  it('keeps within the width', () => {
    for (const width of [44, 60, 80, 200]) {
      for (const line of historyLines(rl, width)) expect(line.length).toBeLessThanOrEqual(width);
    }
  });
});
