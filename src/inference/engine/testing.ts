/** @file Tests of the engine: a continuation that only collects tokens, and what its tokens have to be. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { LanguageModel } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { indices, noGrad, scope } from '../../torch/index.ts';
import { Engine, type EngineOptions } from './engine.ts';
import {
  type Chosen,
  type Continuation,
  FREE,
  PLAIN,
  Prompt,
  type SamplingRow,
  Sequence,
  type TokenRule,
} from './sequence.ts';

export const GREEDY: SamplingRow = { ...PLAIN, counts: new Map() };

/** A small engine. */
export const OPTIONS: EngineOptions = {
  maxRows: 8,
  context: 64,
  blockSize: 4,
  cacheTokens: 512,
  prefillTokens: 16,
  favours: 'latency',
};

/** Engines that differ in rows, cache and blocks: a server's blocks, or those of a rollout, one for each sequence. */
export const smallEngines = fc.record({
  maxRows: fc.integer({ min: 1, max: 6 }),
  cacheTokens: fc.integer({ min: 64, max: 160 }),
  // The last is longer than what is read of a sequence.
  blockSize: fc.constantFrom(1, 4, 64, 50),
  favours: fc.constantFrom('latency' as const, 'throughput' as const),
});

/** Uses an engine of `OPTIONS`, but for those given. */
export function withEngine<T>(
  model: LanguageModel,
  options: Partial<EngineOptions>,
  use: (engine: Engine) => T,
): T {
  const engine = new Engine(model, { ...OPTIONS, ...options });
  try {
    return use(engine);
  } finally {
    engine.dispose();
  }
}

/** Steps until nothing is left to do. */
export function runOut(engine: Engine): void {
  for (let steps = 0; engine.busy; steps++) {
    if (steps > 5000) throw new Error('the engine does not come to an end');
    engine.step();
  }
}

export class Collector implements Continuation {
  readonly chosen: Chosen[] = [];
  cached: number | null = null;
  ended = false;
  error: unknown = null;
  ready = true;
  rule: TokenRule = FREE;
  free = false;
  readonly #most: number;
  readonly #stop: readonly number[];

  constructor(most: number, stop: readonly number[] = []) {
    this.#most = most;
    this.#stop = stop;
  }

  get tokens(): number[] {
    return this.chosen.map(({ token }) => token);
  }

  constrain(): TokenRule {
    return this.rule;
  }

  accept(chosen: Chosen, tokensLeft: number): boolean {
    this.chosen.push(chosen);
    const { length } = this.chosen;
    this.ended = length >= this.#most || tokensLeft === 0 || this.#stop.includes(chosen.token);
    return !this.ended;
  }

  read(): boolean {
    return this.#most > 0;
  }

  started(cachedTokens: number): void {
    this.cached = cachedTokens;
  }

  failed(error: unknown): void {
    this.error = error;
    this.ended = true;
  }
}

/** A sequence with its collector; several of one Prompt share its reading. */
export function collect(
  prompt: ArrayLike<number> | Prompt,
  most: number,
  sampling: SamplingRow = GREEDY,
): { readonly sequence: Sequence; readonly out: Collector } {
  const out = new Collector(most);
  const read = prompt instanceof Prompt ? prompt : new Prompt(prompt);
  return { sequence: new Sequence(read, sampling, out), out };
}

/** How a reply is sampled; `seed` is that of its stream. */
export interface Sampled {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly logprobs: SamplingRow['logprobs'];
}

export function samplingOf({ temperature, topP, seed, logprobs }: Sampled): SamplingRow {
  const random = temperature === 0 ? null : Random.derive(seed, 'static');
  return { ...GREEDY, temperature, topP, random, logprobs, counts: new Map() };
}

/** π and log π of each token of a reply, by one pass without a cache and a batch. */
function distributions(model: LanguageModel, all: readonly number[], from: number, temperature: number) {
  return scope(() => {
    const logits = noGrad(() =>
      model.forward({ tokens: indices(all, [1, all.length], model.device) }),
    ).select(0, 0);
    const own = logits.narrow(0, from - 1, all.length - from).div(temperature === 0 ? 1 : temperature);
    const V = own.size(1);
    const flat = own.logSoftmax(-1).flatten().toFloat32Array();
    return Array.from({ length: all.length - from }, (_, i) => flat.slice(i * V, (i + 1) * V));
  });
}

/** How far a reply may be from what one pass says. */
export interface Tolerance {
  readonly logprob: number;
  readonly probability: number;
}

/** Norms of short vectors enlarge float32's rounding: models of random weights were up to 1.1e-4 apart. */
const CLOSE: Tolerance = { logprob: 5e-4, probability: 1e-5 };

/**
 * Each token is the most probable one, or where the sum of probabilities passes the next number of the row's stream; its
 * log-probability is what is reported.
 */
export function expectReply(
  model: LanguageModel,
  prompt: readonly number[],
  out: Collector,
  how: Sampled,
  within: Tolerance = CLOSE,
): void {
  const { temperature, topP, seed, logprobs } = how;
  const random = Random.derive(seed, 'static');
  const rows = distributions(model, [...prompt, ...out.tokens], prompt.length, temperature);
  for (const [i, { token, logprob }] of out.chosen.entries()) {
    const row = rows[i]!;
    if (logprobs === 'policy') expect(Math.abs(logprob! - row[token]!)).toBeLessThan(within.logprob);
    if (logprobs === null) expect(logprob).toBeNull();
    if (temperature === 0) expect(Math.max(...row) - row[token]!).toBeLessThan(within.logprob);
    else if (topP === 1) {
      const before = row.slice(0, token).reduce((sum, one) => sum + Math.exp(one), 0);
      const mark = random.next();
      expect(mark).toBeGreaterThan(before - within.probability);
      expect(mark).toBeLessThan(before + Math.exp(row[token]!) + within.probability);
    }
  }
}
