/** @file One request under way: its replies' events on their way to a reader. */

import type { Sequence } from '../../inference/engine/index.ts';
import type { GenerationError, GenerationEvent } from '../backend.ts';
import { asGenerationError } from './failures.ts';
import type { Outlet } from './reply.ts';

/** Events that may be under way to a reader before its replies wait. */
export const WINDOW = 64;

/** Where a request's events go. */
export interface Listener {
  event(event: GenerationEvent): void;
  error(error: GenerationError): void;
}

/** A request under way. */
export class Generation implements Outlet {
  /** One for each reply. */
  readonly sequences: Sequence[] = [];
  /** Told right after the start, where the prompt is to be echoed. */
  echo: GenerationEvent | null = null;
  readonly #listener: Listener;
  readonly #promptTokens: number;
  #begun = false;
  #open: number;
  #underWay = 0;
  #fullSince: number | null = null;

  constructor(listener: Listener, promptTokens: number, replies: number) {
    this.#listener = listener;
    this.#promptTokens = promptTokens;
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
    this.emit({ type: 'start', promptTokens: this.#promptTokens, cachedTokens });
    if (this.echo !== null) this.emit(this.echo);
  }

  emit(event: GenerationEvent): void {
    this.#underWay++;
    if (!this.ready) this.#fullSince ??= Date.now();
    if (event.type === 'finish') this.#open--;
    this.#listener.event(event);
  }

  /** The reader has taken so many events. */
  taken(events: number): void {
    this.#underWay -= events;
    if (this.ready) this.#fullSince = null;
  }

  failed(error: unknown): void {
    if (this.ended) return;
    this.#open = 0;
    this.#listener.error(asGenerationError(error));
  }
}
