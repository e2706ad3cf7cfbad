/** @file A continuation that only collects tokens, for tests of the engine. */
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
