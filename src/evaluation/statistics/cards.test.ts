import { describe, expect, it } from 'vitest';
import { BENCHMARK_NAMES } from '../../data/index.ts';
import { formOf, ZERO_SHOT } from '../forms/index.ts';
import { CARD_REPOS, cardScores } from './cards.ts';

describe('cardScores', () => {
  it.each([
    ['Qwen/Qwen3-0.6B', 'math-500', 77.6, { thinking: true, temperature: 0.6, topK: 20, samples: 1 }],
    ['Qwen/Qwen3-8B', 'aime-2024', 76.0, { thinking: true, samples: 64, maxTokens: 38_912 }],
    ['Qwen/Qwen2.5-7B-Instruct', 'ifeval', 71.2, {}],
    ['deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B', 'aime-2024', 28.9, {}],
    ['deepseek-ai/DeepSeek-R1', 'gpqa-diamond', 71.5, {}],
    ['HuggingFaceTB/SmolLM2-135M-Instruct', 'gsm8k', 1.4, { form: 'few-shot', shots: 5, temperature: 0 }],
    ['meta-llama/Llama-3.2-1B-Instruct', 'gsm8k', 44.4, { form: 'cot', shots: 8 }],
  ])('knows %s on %s: %d', (repo, benchmark, score, protocol) => {
    expect(cardScores(repo, benchmark)[0]).toMatchObject({ score, protocol });
  });

  it('has the score with thinking before the one without', () => {
    const scores = cardScores('Qwen/Qwen3-0.6B', 'gpqa-diamond');
    expect(scores.map(({ score, protocol }) => [score, protocol.thinking])).toEqual([
      [27.9, true],
      [22.9, false],
    ]);
  });

  it('names a source, a benchmark and a form that there is for every score', () => {
    expect(CARD_REPOS.length).toBeGreaterThan(20);
    for (const repo of CARD_REPOS) {
      const scores = BENCHMARK_NAMES.flatMap((name) => cardScores(repo, name));
      expect(scores.length, repo).toBeGreaterThan(0);
      for (const { benchmark, score, source, protocol } of scores) {
        expect(source, repo).toMatch(/\S/);
        expect(score, repo).toBeGreaterThan(0);
        expect(score, repo).toBeLessThanOrEqual(100);
        expect(formOf(benchmark, protocol.form ?? ZERO_SHOT)?.name).toBe(protocol.form);
      }
    }
  });

  it('knows nothing of another model', () => {
    expect(cardScores('org/other', 'gsm8k')).toEqual([]);
  });
});
