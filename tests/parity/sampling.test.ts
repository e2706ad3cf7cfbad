/**
 * @file The engine on the reference models with scaled positions and windows: the log-probability of each sampled token is
 * that of a whole pass over its sequence, whatever shares the batch, the cache and the blocks.
 */
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/inference/engine/engine.ts';
import { PLAIN, Prompt } from '../../src/inference/engine/sequence.ts';
import { collect } from '../../src/inference/engine/testing.ts';
import { type LanguageModel, loadModel, sampledPositions } from '../../src/models/index.ts';
import { Random } from '../../src/random.ts';
import { indices, noGrad, scope } from '../../src/torch/index.ts';
import { REFERENCE } from '../reference.ts';
import { runs } from '../support/long.ts';

const FOLDERS = ['qwen2-window-yarn', 'qwen3-window', 'llama-yarn', 'llama-dynamic', 'llama-longrope'];

/** log π of the tokens after the prompt, by one pass without a cache. */
function wholePass(model: LanguageModel, prompt: readonly number[], tokens: readonly number[]): number[] {
  const all = [...prompt, ...tokens];
  return scope(() =>
    noGrad(() =>
      model
        .forward({ tokens: indices(all, [1, all.length]) })
        .select(0, 0)
        .narrow(0, prompt.length - 1, tokens.length)
        .logSoftmax(-1)
        .gather(1, indices(tokens, [tokens.length, 1]))
        .toArray(),
    ),
  );
}

describe.each(FOLDERS)('%s', (folder) => {
  const model = loadModel(path.join(REFERENCE, 'models', folder));
  afterAll(() => model.dispose());
  const context = Math.min(48, sampledPositions(model.config));

  it('samples as a whole pass predicts', () => {
    const requests = fc.array(
      fc.record({
        prompt: fc.array(fc.integer({ min: 3, max: 9 }), { minLength: 1, maxLength: context - 10 }),
        most: fc.integer({ min: 1, max: 10 }),
        replies: fc.integer({ min: 1, max: 2 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    const settings = fc.record({
      maxRows: fc.integer({ min: 1, max: 5 }),
      blockSize: fc.constantFrom(4, 16, context),
      // The least leads to sequences that lose their blocks and are read again.
      cacheTokens: fc.integer({ min: context, max: 4 * context }),
      prefillTokens: fc.constantFrom(7, 64),
      favours: fc.constantFrom('latency' as const, 'throughput' as const),
    });
    fc.assert(
      fc.property(requests, settings, (list, options) => {
        const engine = new Engine(model, { context, ...options });
        const made = list.flatMap(({ prompt, most, replies }, i) => {
          const shared = new Prompt(prompt);
          return Array.from({ length: replies }, (_, k) => {
            const random = Random.derive(1, i, k);
            const sampling = {
              ...PLAIN,
              temperature: 1,
              random,
              logprobs: 'policy',
              counts: new Map(),
            } as const;
            return { prompt, ...collect(shared, most, sampling) };
          });
        });
        for (const { sequence } of made) engine.add(sequence);
        while (engine.busy) engine.step();
        engine.dispose();
        for (const { prompt, out } of made) {
          const expected = wholePass(model, prompt, out.tokens);
          for (const [i, { logprob }] of out.chosen.entries()) expect(logprob).toBeCloseTo(expected[i]!, 4);
        }
      }),
      { numRuns: runs(8, 300), seed: 11 },
    );
  });
});

it.each(['llama-dynamic', 'llama-longrope'])(
  '%s is not sampled where its angles depend on the length',
  (folder) => {
    const model = loadModel(path.join(REFERENCE, 'models', folder));
    expect(model.config.cachedPositions).toBe(32);
    const options = {
      maxRows: 1,
      blockSize: 4,
      cacheTokens: 64,
      prefillTokens: 8,
      favours: 'latency',
    } as const;
    expect(() => new Engine(model, { ...options, context: 33 })).toThrow(
      /sequences of 33 tokens cannot be sampled: beyond 32/,
    );
    const cache = model.newCache({ blocks: 1, blockSize: 64 });
    const read = (): void =>
      scope(() => {
        const tokens = indices(Array<number>(33).fill(3), [1, 33]);
        model.hidden({ tokens, cache: cache.pass([{ blocks: [0], start: 0, tokens: 33 }]) });
      });
    expect(read).toThrow('a cached sequence of 33 tokens');
    cache.dispose();
    model.dispose();
  },
);
