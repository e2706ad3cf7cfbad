import { describe, expect, it } from 'vitest';
import { PUBLISHED, publishedMetrics, SOURCES } from './published.ts';

const cell = (model: string, benchmark: string, metric = 'pass@1') =>
  PUBLISHED.filter((row) => row.model === model)
    .map(({ cells }) => cells[benchmark]?.[metric])
    .find((value) => value !== undefined);

describe('PUBLISHED', () => {
  it.each([
    ['DeepSeek-R1', 'aime-2024', 'pass@1', 79.8],
    ['DeepSeek-R1', 'aime-2024', 'cons@64', 86.7],
    ['DeepSeek-R1', 'mmlu', 'pass@1', 90.8],
    ['DeepSeek-R1', 'codeforces', 'rating', 2029],
    ['DeepSeek-R1-Zero', 'aime-2024', 'pass@1', 77.9],
    ['DeepSeek-R1-Zero', 'gpqa-diamond', 'pass@1', 75.8],
    ['DeepSeek-R1-Zero (first version)', 'aime-2024', 'pass@1', 71.0],
    ['DeepSeek-R1-Dev1', 'aime-2024', 'pass@1', 59.0],
    ['DeepSeek-R1-Dev3', 'livecodebench', 'pass@1', 64.6],
    ['OpenAI o1-0912', 'math-500', 'pass@1', 94.8],
    ['OpenAI o1-mini', 'aime-2024', 'cons@64', 80.0],
    ['OpenAI o1-1217', 'gpqa-diamond', 'pass@1', 75.7],
    ['DeepSeek-R1-Distill-Qwen-1.5B', 'math-500', 'pass@1', 83.9],
    ['DeepSeek-R1-Distill-Llama-70B', 'livecodebench', 'pass@1', 57.5],
    ['Qwen2.5-32B-Zero (RL only)', 'aime-2024', 'cons@64', 60.0],
  ])('has %s on %s %s: %d', (model, benchmark, metric, value) => {
    expect(cell(model, benchmark, metric)).toBe(value);
  });

  it('has percentages that are percentages, and a source for every row', () => {
    for (const { model, source, cells } of PUBLISHED) {
      expect(SOURCES[source], model).toBeTruthy();
      for (const metrics of Object.values(cells)) {
        for (const [metric, value] of Object.entries(metrics)) {
          expect(value, `${model} ${metric}`).toBeGreaterThan(0);
          if (metric !== 'rating') expect(value, `${model} ${metric}`).toBeLessThanOrEqual(100);
        }
      }
    }
  });

  it('shows what the paper found: cold start lowers reasoning, later stages restore it', () => {
    expect(cell('DeepSeek-R1-Dev1', 'aime-2024')!).toBeLessThan(cell('DeepSeek-R1-Zero', 'aime-2024')!);
    expect(cell('DeepSeek-R1', 'aime-2024')!).toBeGreaterThan(cell('DeepSeek-R1-Dev1', 'aime-2024')!);
  });
});

describe('publishedMetrics', () => {
  it('puts pass@1 first', () => {
    expect(publishedMetrics('aime-2024')[0]).toBe('pass@1');
    expect(publishedMetrics('aime-2024')).toContain('cons@64');
    expect(publishedMetrics('chain')).toEqual([]);
  });
});
