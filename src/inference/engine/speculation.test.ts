import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { initModel, parseConfig, withPredictors } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { memory, noGrad, scope } from '../../torch/index.ts';
import { sample } from './sample.ts';
import { PLAIN, Prompt, type SamplingRow, Sequence } from './sequence.ts';
import { Collector, GREEDY, runOut, withEngine } from './testing.ts';

const KEYS = {
  model_type: 'deepseek_v3',
  vocab_size: 7,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  q_lora_rank: null,
  kv_lora_rank: 8,
  qk_nope_head_dim: 4,
  qk_rope_head_dim: 4,
  v_head_dim: 4,
  first_k_dense_replace: 1,
  moe_intermediate_size: 8,
  n_routed_experts: 4,
  num_experts_per_tok: 2,
  num_nextn_predict_layers: 1,
};
const config = parseConfig(KEYS, 'test');
const model = initModel(withPredictors(config, 'test'), 2, { scheme: 'scaled' });
// Logits that differ more: an untrained head holds all tokens nearly alike.
scope(() => noGrad(() => model.headWeight!.mul_(3)));
afterAll(() => model.dispose());

const PROMPTS = [[1, 2, 3, 4, 5, 6, 1, 2], [1, 2, 3, 4, 5, 0], [3], [6, 6, 5]].map((ids) =>
  Int32Array.from(ids),
);

class Free extends Collector {
  override free = true;
}

/** Continuations of the prompts, two each, in an engine. */
function replies(
  speculate: boolean,
  options: object = {},
  sampling: (place: number) => SamplingRow = () => GREEDY,
) {
  return withEngine(model, { ...options, speculate }, (engine) => {
    const all = PROMPTS.flatMap((tokens, i) => {
      const prompt = new Prompt(tokens);
      return [0, 1].map((j) => {
        const continuation = new Free(20 + i, [5]);
        engine.add(new Sequence(prompt, sampling(2 * i + j), continuation));
        return continuation;
      });
    });
    runOut(engine);
    return { tokens: all.map(({ tokens }) => tokens), counts: engine.speculation, stats: engine.stats };
  });
}

describe('speculative decoding', () => {
  it.each([
    {},
    { blockSize: 64 },
    { blockSize: 1, prefillTokens: 3 },
    { favours: 'throughput', maxRows: 3 },
    { cacheTokens: 64, context: 40, maxRows: 6 },
  ])('gives the greedy tokens of plain decoding, in fewer passes (%o)', (options) => {
    const [plain, guessed] = [replies(false, options), replies(true, options)];
    expect(guessed.tokens).toEqual(plain.tokens);
    expect(plain.counts).toBeNull();
    const { draftedTokens, acceptedTokens } = guessed.counts!;
    expect(acceptedTokens).toBeGreaterThan(0);
    expect(acceptedTokens).toBeLessThan(draftedTokens);
    expect(guessed.stats.generatedTokens).toBe(plain.stats.generatedTokens);
    expect(guessed.stats.steps).toBeLessThan(plain.stats.steps);
  });

  it('leaves rows under rules, and with penalties, to decode as ever beside the others', () => {
    const ruled = { forced: null, allowed: { key: 'low', ids: Int32Array.of(0, 1, 2) } };
    const outcomes = [false, true].map((speculate) =>
      withEngine(model, { speculate }, (engine) => {
        const [free, constrained, penalised] = [new Free(16), new Collector(16), new Free(16)];
        constrained.rule = ruled;
        const penalty = { ...PLAIN, frequencyPenalty: 0.7, counts: new Map<number, number>() };
        engine.add(new Sequence(new Prompt(PROMPTS[0]!), GREEDY, free));
        engine.add(new Sequence(new Prompt(PROMPTS[1]!), GREEDY, constrained));
        engine.add(new Sequence(new Prompt(PROMPTS[1]!), penalty, penalised));
        runOut(engine);
        return [free, constrained, penalised].map(({ tokens }) => tokens);
      }),
    );
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  it('reports the log-probabilities of the model, not of the guess', () => {
    const prompts = PROMPTS.slice(0, 2);
    const options = { temperature: 0, groupSize: 2, maxTokens: 12, stopTokens: [] };
    const [plain, guessed] = [false, true].map((speculate) =>
      sample(model, prompts, { ...options, speculate }),
    );
    for (const [i, group] of guessed!.entries()) {
      for (const [j, { tokens, logprobs }] of group.entries()) {
        expect(tokens).toEqual(plain![i]![j]!.tokens);
        for (const [t, logprob] of logprobs.entries())
          expect(logprob).toBeCloseTo(plain![i]![j]!.logprobs[t]!, 5);
      }
    }
  });

  it('takes a second token only while its reader keeps up', () => {
    withEngine(model, { speculate: true }, (engine) => {
      const slow = new Free(30);
      engine.add(new Sequence(new Prompt(PROMPTS[0]!), GREEDY, slow));
      for (let turn = 0; engine.busy || !slow.ready; turn++) {
        slow.ready = turn % 3 !== 1;
        engine.step();
      }
      const plain = replies(false);
      expect(slow.tokens.slice(0, plain.tokens[0]!.length)).toEqual(plain.tokens[0]);
      expect(slow.tokens).toHaveLength(30);
    });
  });

  it('leaves no tensor behind, also of replies that are cancelled', () => {
    const run = (): void =>
      withEngine(model, { speculate: true, cacheTokens: 64, context: 40 }, (engine) => {
        const drawn = {
          ...PLAIN,
          temperature: 1,
          counts: new Map<number, number>(),
          random: Random.derive(1),
        };
        const all = PROMPTS.map((tokens) => new Sequence(new Prompt(tokens), drawn, new Free(30)));
        for (const sequence of all) engine.add(sequence);
        for (let step = 0; step < 6; step++) engine.step();
        engine.cancel(all[0]!);
        engine.step();
      });
    run();
    const before = memory().tensors;
    run();
    expect(memory().tensors).toBe(before);
  });

  it('is refused of a model without a predictor', () => {
    const plain = initModel(config, 0);
    const open = (): unknown => withEngine(plain, { speculate: true }, () => null);
    expect(open).toThrow(UsageError);
    expect(open).toThrow('the deepseek_v3 model has no layer that predicts the token after the next');
    plain.dispose();
  });
});

describe('the distribution of sampled tokens', () => {
  const COUNT = 2500;
  const LENGTH = 3;
  const draw = (speculate: boolean, seed: number, settings: object): Map<string, number> => {
    const counts = new Map<string, number>();
    const options = { temperature: 1, stopTokens: [], maxTokens: LENGTH + 1, ...settings };
    const [group] = sample(model, [Int32Array.of(1, 2)], { ...options, groupSize: COUNT, seed, speculate });
    // The first token is no guess; the others are what follows it.
    for (const { tokens } of group!) {
      const key = tokens.slice(0, LENGTH).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };

  /** Of two samples of the same size, and its degrees of freedom; rare outcomes are one. */
  function chiSquare(a: Map<string, number>, b: Map<string, number>): { value: number; freedom: number } {
    const keys = [...new Set([...a.keys(), ...b.keys()])];
    const [cells, rare] = [[] as [number, number][], [0, 0] as [number, number]];
    for (const key of keys) {
      const pair = [a.get(key) ?? 0, b.get(key) ?? 0] as [number, number];
      if (pair[0] + pair[1] >= 20) cells.push(pair);
      else for (const i of [0, 1] as const) rare[i] += pair[i];
    }
    if (rare[0] + rare[1] > 0) cells.push(rare);
    const value = cells.reduce((sum, [x, y]) => sum + (x - y) ** 2 / (x + y), 0);
    return { value, freedom: cells.length - 1 };
  }

  it.each([{}, { temperature: 0.6 }, { topP: 0.8, topK: 5 }])(
    'is that of plain decoding (%o)',
    (settings) => {
      const { value, freedom } = chiSquare(draw(true, 1, settings), draw(false, 2, settings));
      expect(freedom).toBeGreaterThanOrEqual(5);
      // Three standard deviations above the mean of the distribution that it has where both are the same.
      expect(value).toBeLessThan(freedom + 3 * Math.sqrt(2 * freedom));
    },
  );
});
