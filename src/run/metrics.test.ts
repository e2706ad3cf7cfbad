import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { parseMetrics, readMetrics, series } from './metrics.ts';

const line = (stage: string, step: number, metrics: object = {}) =>
  `${JSON.stringify({ stage, step, ...metrics })}\n`;

describe('parseMetrics', () => {
  it('sorts reports by stage and step', () => {
    const text = line('sft', 1, { loss: 2 }) + line('zero', 1, { reward: 0.1 }) + line('sft', 2, { loss: 1 });
    const metrics = parseMetrics(text, 'm');
    expect([...metrics.keys()]).toEqual(['sft', 'zero']);
    expect(series(metrics.get('sft')!, 'loss')).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(series(metrics.get('zero')!, 'loss')).toEqual([]);
  });

  it('takes the later report of a step that a resumed run repeated', () => {
    const text = [1, 2, 3, 2, 3, 4].map((step, i) => line('zero', step, { reward: i })).join('');
    expect(series(parseMetrics(text, 'm').get('zero')!, 'reward')).toEqual([
      [1, 0],
      [2, 3],
      [3, 4],
      [4, 5],
    ]);
  });

  it('ignores a torn last line, wherever it is torn', () => {
    const whole = line('zero', 1, { reward: 0.5 });
    const last = line('zero', 2, { reward: 0.75, 'rewards/format/mean': 1 });
    fc.assert(
      fc.property(fc.nat({ max: last.length - 1 }), (at) => {
        expect(parseMetrics(whole + last.slice(0, at), 'm').get('zero')).toHaveLength(1);
        const resumed = parseMetrics(whole + last.slice(0, at) + last + line('zero', 3), 'm');
        expect(resumed.get('zero')?.map((report) => report.step)).toEqual([1, 2, 3]);
      }),
    );
  });

  it('reads null as NaN, which JSON cannot hold, and skips what is not a number', () => {
    const report = parseMetrics(line('zero', 1, { loss: null, note: 'x' }), 'm').get('zero')?.[0];
    expect(report).toEqual({ step: 1, loss: Number.NaN });
  });

  it('reads no lines at all', () => {
    expect(parseMetrics('', 'm').size).toBe(0);
    expect(parseMetrics('\n\n', 'm').size).toBe(0);
  });

  it.each(['nonsense', '[1]', 'null', '{"step": 1}', '{"stage": "a"}', '{"stage": 1, "step": "x"}'])(
    'names the line of %j',
    (bad) => {
      expect(() => parseMetrics(`${line('zero', 1)}${bad}\n`, 'runs/a/metrics.jsonl')).toThrow(
        /^runs\/a\/metrics\.jsonl:2: /,
      );
    },
  );
});

describe('readMetrics', () => {
  it('reads a file, and names one that is missing', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'aha-metrics-'));
    try {
      const path = join(dir, 'metrics.jsonl');
      await expect(readMetrics(path)).rejects.toThrow(UserError);
      await expect(readMetrics(path)).rejects.toThrow(`${path}: cannot be read`);
      await writeFile(path, line('zero', 1, { reward: 1 }));
      expect((await readMetrics(path)).get('zero')).toEqual([{ step: 1, reward: 1 }]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
