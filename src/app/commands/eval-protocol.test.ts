import { describe, expect, it } from 'vitest';
import type { EvalOptions } from './eval-options.ts';
import { measuredAs } from './eval-protocol.ts';

const OPTIONS: EvalOptions = {
  bench: [],
  seed: 0,
  rows: 1,
  device: 'cpu',
  precision: 'auto',
  concurrency: 1,
  timeout: 1,
};
const LLAMA = 'hf:meta-llama/Llama-3.2-1B-Instruct';
const measured = (bench: string, more: Partial<EvalOptions> = {}) =>
  measuredAs(bench, { ...OPTIONS, ...more });

describe('measuredAs', () => {
  it('samples as the paper does where nothing is said', () => {
    const how = measured('gsm8k');
    expect(how).toMatchObject({ temperature: 0.6, topP: 0.95, topK: 0 });
    expect([how.form, how.maxTokens, how.k]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['gsm8k', 'few-shot', 256],
    ['gsm8k', 'cot', 256],
    ['math-500', 'few-shot', 256],
    ['gpqa-diamond', 'cot', 256],
    // The harness lets AIME's responses grow to 32,768 tokens.
    ['aime-2024', 'plain', undefined],
    ['aime-2025', 'plain', undefined],
  ])('decodes %s in the form %s greedily, up to %s tokens', (bench, form, maxTokens) => {
    const how = measured(bench, { form });
    expect(how).toMatchObject({ form, temperature: 0, k: 1 });
    expect(how.maxTokens).toBe(maxTokens);
  });

  it('takes what the makers say before what the form says, and options before both', () => {
    expect(measured('gsm8k', { source: LLAMA })).toMatchObject({ form: 'cot', shots: 8, maxTokens: 1024 });
    const how = measured('gsm8k', { source: LLAMA, maxTokens: 99, temperature: 1, shots: 2, k: 3 });
    expect(how).toMatchObject({ form: 'cot', shots: 2, maxTokens: 99, temperature: 1, k: 3 });
    expect(measured('gsm8k', { source: LLAMA, form: 'few-shot' }).maxTokens).toBe(256);
  });
});
