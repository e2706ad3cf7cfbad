/** @file A continuation that only collects tokens, for tests of the engine. */
import type { Chosen, SamplingRow, TokenRule } from './choice.ts';
import { type Continuation, Sequence } from './sequence.ts';

export const GREEDY: SamplingRow = {
  temperature: 0,
  topP: 1,
  topK: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  bias: new Map(),
  counts: new Map(),
  random: null,
  topLogprobs: null,
};

export class Collector implements Continuation {
  readonly chosen: Chosen[] = [];
  cached: number | null = null;
  ended = false;
  error: unknown = null;
  ready = true;
  rule: TokenRule = { forced: null, allowed: null };
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

  started(cachedTokens: number): void {
    this.cached = cachedTokens;
  }

  failed(error: unknown): void {
    this.error = error;
    this.ended = true;
  }
}

/** A sequence with its collector. */
export function collect(
  prompt: ArrayLike<number>,
  most: number,
  sampling: SamplingRow = GREEDY,
  after: Sequence | null = null,
): { readonly sequence: Sequence; readonly out: Collector } {
  const out = new Collector(most);
  return { sequence: new Sequence(prompt, sampling, out, after), out };
}
