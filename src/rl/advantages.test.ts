/** On a tiny random model: what each setting makes the trainer look at, and what comes of a KL in the reward. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { TINY_CONFIG } from '../../tests/support/tiny-checkpoint.ts';
import { initModel, parseConfig } from '../models/index.ts';
import type { Scored } from '../records.ts';
import { Tokenizer } from '../text/index.ts';
import { writeWorldTokenizer } from '../world/index.ts';
import { type AdvantageOptions, estimateAdvantages, toSamples } from './advantages.ts';
import { computeLogprobs, lossSchema } from './loss/index.ts';
import { createRewards, rewardsSchema, scoreAll } from './reward/index.ts';

const model = (seed: number) =>
  initModel(parseConfig(TINY_CONFIG, 'test'), seed, { device: 'cpu', scheme: 'scaled' });
const policy = model(0);
const reference = model(1);
const pass = { temperature: 1, tokensPerMicroBatch: 8, padToken: 0 };

const scored: Scored[] = [3, 1, 0, 2].map((length, i) => {
  const completion = completionOf('x', { length });
  return {
    completion: { ...completion, tokens: completion.tokens.map((_, t) => 7 * i + t + 1) },
    reward: [1, 0, 1, 0][i]!,
    parts: {},
  };
});
const groups = [0, 0, 1, 1];

function advantagesOf(loss: object, options: Partial<AdvantageOptions> = {}) {
  return estimateAdvantages(scored, groups, {
    ...pass,
    advantage: 'dr-grpo',
    loss: lossSchema.parse(loss),
    policy,
    ...options,
  });
}

const completions = scored.map(({ completion }) => completion);
const own = computeLogprobs(policy, completions, pass);

describe('estimateAdvantages', () => {
  it('reads nothing but rewards unless it must', () => {
    const { samples, kl } = advantagesOf({});
    expect(samples.map(({ advantages }) => [...advantages])).toEqual([
      [0.5, 0.5, 0.5],
      [-0.5],
      [],
      [-0.5, -0.5],
    ]);
    expect(samples.map(({ group }) => group)).toEqual(groups);
    expect(samples.some((sample) => 'oldLogprobs' in sample || 'entropies' in sample)).toBe(false);
    expect(kl).toBeUndefined();
  });

  it('takes the trainer’s own log-probabilities for importance weights', () => {
    const { samples } = advantagesOf({ samplerCorrection: { kind: 'truncate' } });
    expect(samples.map(({ oldLogprobs }) => oldLogprobs)).toEqual(own.map(({ logprobs }) => logprobs));
  });

  it('takes the entropies, and nothing else, for learning from uncertain tokens', () => {
    const { samples } = advantagesOf({ entropy: { topFraction: 0.5 } });
    expect(samples.map(({ entropies }) => entropies)).toEqual(own.map(({ entropies }) => entropies));
    expect(samples.some((sample) => 'oldLogprobs' in sample)).toBe(false);
  });

  it('takes β KL off the reward before comparing', () => {
    const loss = { kl: { coefficient: 0.3, estimator: 'k1', in: 'reward' } };
    const sampler = scored.map((one, i) => ({
      ...one,
      completion: { ...one.completion, logprobs: own[i]!.logprobs },
    }));
    const options = {
      ...pass,
      advantage: 'dr-grpo',
      loss: lossSchema.parse(loss),
      policy,
      reference,
    } as const;
    const { samples, kl } = estimateAdvantages(sampler, groups, options);
    const theirs = computeLogprobs(reference, completions, pass);
    const divergence = own.map(({ logprobs }, i) =>
      logprobs.reduce((sum, value, t) => sum + value - theirs[i]!.logprobs[t]!, 0),
    );
    const totals = scored.map(({ reward }, i) => reward! - 0.3 * divergence[i]!);
    expect(samples[0]!.advantages[0]).toBeCloseTo((totals[0]! - totals[1]!) / 2, 5);
    expect(samples[3]!.advantages[1]).toBeCloseTo((totals[3]! - totals[2]!) / 2, 5);
    expect(kl).toBeCloseTo(divergence.reduce((sum, value) => sum + value, 0) / 6, 5);
  });
});

describe('process supervision', () => {
  const loss = lossSchema.parse({});
  const options = { ...pass, advantage: 'process', loss, policy } as const;

  it('pays a token for every step that ends at or after it, normalised over the steps of the group', () => {
    // Steps of the first group: 1, 0 and −1; the deviation is 1.
    const steps = [
      [
        { end: 0, score: 1 },
        { end: 2, score: 0 },
      ],
      [{ end: 0, score: -1 }],
      undefined,
      [{ end: 0, score: 1 }],
    ];
    const { samples } = estimateAdvantages(
      scored.map((one, i) => ({ ...one, ...(steps[i] && { steps: steps[i] }) })),
      groups,
      options,
    );
    const scale = 1 / (1 + 1e-6);
    const expected = [[scale, 0, 0], [-scale], [], [0, 0]];
    for (const [i, { advantages }] of samples.entries()) {
      expect(advantages).toHaveLength(expected[i]!.length);
      for (const [t, value] of advantages.entries()) expect(value).toBeCloseTo(expected[i]![t]!, 6);
    }
  });

  it('is fed by the rewards of a recipe: a wrong step in a right response is blamed', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-advantages-'));
    writeWorldTokenizer(dir);
    const tokenizer = Tokenizer.load(dir);
    const rewards = createRewards(rewardsSchema.parse({ accuracy: {}, 'chain-steps': {} }), { tokenizer });
    const prompt = { text: 'what is 35 - 10 * 3 ?', answer: '75' };
    const responses = [
      '35 minus 10 is 25 . then 25 times 3 is 75 . so answer is 75',
      '35 minus 10 is 25 . then 25 times 3 is 85 . so answer is 75',
    ].map((text) => {
      const tokens = Int32Array.from(tokenizer.encode(text));
      return { ...completionOf(text, { prompt }), tokens, logprobs: new Float32Array(tokens.length) };
    });
    const { samples } = estimateAdvantages(await scoreAll(rewards, responses), [0, 0], options);
    const [good, bad] = samples.map(({ advantages }) => advantages);
    const stops = [...responses[1]!.tokens.entries()].flatMap(([t, id]) =>
      tokenizer.tokenOf(id) === '.' ? [t] : [],
    );
    const [first, second] = stops as [number, number];
    // Scores 1, 1, 1 and 1, 0, 1: only the wrong step is below the mean.
    expect(good!.every((value) => value > 0)).toBe(true);
    expect(bad![0]).toBeLessThan(good![0]!);
    expect(bad![second]!).toBeLessThan(bad![second + 1]!);
    expect(bad![second]!).toBeLessThan(bad![first]!);
    expect(bad![second + 1]!).toBeGreaterThan(0);
    expect(good![second + 1]).toBeCloseTo(bad![second + 1]!, 6);
  });
});

describe('computeLogprobs', () => {
  it('gives each completion its own numbers, whatever shares a pass', () => {
    const apart = computeLogprobs(policy, completions, { ...pass, tokensPerMicroBatch: 1 });
    for (const passes of [
      { tokensPerMicroBatch: 1000 },
      { packed: true, tokensPerMicroBatch: 1000 },
      { packed: true, tokensPerMicroBatch: 12 },
    ]) {
      const together = computeLogprobs(policy, completions, { ...pass, ...passes });
      for (const [i, { logprobs, entropies }] of apart.entries()) {
        expect(logprobs).toHaveLength(completions[i]!.tokens.length);
        for (const [t, value] of logprobs.entries()) expect(together[i]!.logprobs[t]).toBeCloseTo(value, 5);
        for (const [t, value] of entropies.entries()) expect(together[i]!.entropies[t]).toBeCloseTo(value, 5);
        expect(entropies.every((value) => value > 0 && value < Math.log(80))).toBe(true);
      }
    }
  });
});

describe('toSamples', () => {
  const three = [4, 0, 2].map((length) => ({
    completion: completionOf('x', { length }),
    reward: 1,
    parts: {},
  }));
  const rows = [[0.5, 0.5, 0.5, 0.5], [], [2, 1]];

  it('pairs each completion with the advantages of its tokens', () => {
    const samples = toSamples(three, [0, 0, 1], rows);
    expect(samples.map(({ advantages }) => [...advantages])).toEqual(rows);
    expect(samples.map(({ group }) => group)).toEqual([0, 0, 1]);
    expect(samples[2]!.scored).toBe(three[2]);
  });

  it('refuses what is not paired', () => {
    expect(() => toSamples(three, [0, 0], rows)).toThrow(RangeError);
    expect(() => toSamples(three, [0, 0, 1], [[1], [], [2, 1]])).toThrow(/completion 0: 1 advantages for 4/);
  });
});
