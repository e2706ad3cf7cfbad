/** @file One request under way: its replies' tokens on their way to a reader. */

import type { Chosen, Sequence } from '../../inference/engine/index.ts';
import type { GenerationError, GenerationEvent } from '../backend.ts';
import type { RequestStart, TokenEnd } from '../replies/index.ts';
import { asGenerationError } from './failures.ts';
import type { Outlet } from './rules.ts';

/** Tokens and events that may be under way to a reader before its replies wait. */
export const WINDOW = 64;

export type PromptEvent = Extract<GenerationEvent, { type: 'prompt' }>;

/** Where a request's tokens go: one start, the prompt where it is to be echoed, then tokens. */
export interface Listener {
  start(start: RequestStart): void;
  prompt(event: PromptEvent): void;
  /** @param chosen - null where the reply ends without a token */
  token(index: number, chosen: Chosen | null, end: TokenEnd): void;
  error(error: GenerationError): void;
}

/** A request under way. */
export class Generation implements Outlet {
  /** One for each reply. */
  readonly sequences: Sequence[] = [];
  /** Told right after the start, where the prompt is to be echoed. */
  echo: PromptEvent | null = null;
  readonly #listener: Listener;
  readonly #start: Omit<RequestStart, 'cachedTokens'>;
  #begun = false;
  #open: number;
  #underWay = 0;
  #fullSince: number | null = null;

  constructor(listener: Listener, start: Omit<RequestStart, 'cachedTokens'>, replies: number) {
    this.#listener = listener;
    this.#start = start;
    this.#open = replies;
  }

  get ready(): boolean {
    return this.#underWay < WINDOW;
  }

  /** When the window filled up, in milliseconds of the clock; null while there is room. */
  get fullSince(): number | null {
    return this.#fullSince;
  }

  /** All replies have ended, or the request has failed. */
  get ended(): boolean {
    return this.#open === 0;
  }

  /** Told by each reply; the first counts, the others read the same prompt. */
  started(cachedTokens: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#count();
    this.#listener.start({ ...this.#start, cachedTokens });
    if (this.echo !== null) this.prompt(this.echo);
  }

  prompt(event: PromptEvent): void {
    this.#count();
    this.#listener.prompt(event);
  }

  token(index: number, chosen: Chosen | null, end: TokenEnd): void {
    this.#count();
    if (end !== 'goes on') this.#open--;
    this.#listener.token(index, chosen, end);
  }

  #count(): void {
    this.#underWay++;
    if (!this.ready) this.#fullSince ??= Date.now();
  }

  /** The reader ends a reply; false where it has ended. */
  leave(index: number): boolean {
    const { state } = this.sequences[index]!;
    if (state === 'gone' || this.#open === 0) return false;
    this.#open--;
    return true;
  }

  /** The reader has taken so many tokens and events. */
  taken(count: number): void {
    this.#underWay -= count;
    if (this.ready) this.#fullSince = null;
  }

  failed(error: unknown): void {
    if (this.ended) return;
    this.#open = 0;
    this.#listener.error(asGenerationError(error));
  }
}
