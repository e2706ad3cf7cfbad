/**
 * @file The form of replies to chats and texts: the head that each begins with, and the server-sent events of a stream,
 * with the usage at the end.
 */

import { createHash, randomUUID } from 'node:crypto';
import type { GenerationEvent, ModelInfo } from '../backend.ts';
import type { ApiError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { NamedModel } from './model-name.ts';
import type { UsageMeter } from './usage.ts';

/** What ends a stream. */
export const DONE = 'data: [DONE]\n\n';

/** A server-sent event with JSON as its data. */
export function dataEvent(body: object): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

/** One that is named by its `type`, as in the APIs of responses and messages. */
export function namedEvent(body: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${body.type}\n${dataEvent(body)}`;
}

/** Stands in an event for the text that is put there; drawn, so that no text holds it. */
const PLACE = randomUUID();

/** Events that differ in one text alone: what is around it is spelled once. */
export function around(event: (text: string) => string): (text: string) => string {
  const [before, after] = event(PLACE).split(JSON.stringify(PLACE));
  return (text) => before + JSON.stringify(text) + after;
}

export interface ReplyChunksOptions {
  readonly head: ReplyHead;
  readonly n: number;
  /** The usage has a chunk of its own instead of a place on the last one. */
  readonly usageChunk: boolean;
  readonly meter: UsageMeter;
}

export class ReplyChunks {
  readonly #options: ReplyChunksOptions;
  /** What every chunk begins with: the fields of the head, up to the choices. */
  readonly #begin: string;
  readonly #unfinished: Set<number>;

  constructor(options: ReplyChunksOptions) {
    this.#options = options;
    this.#begin = `data: ${JSON.stringify(options.head).slice(0, -1)},"choices":`;
    this.#unfinished = new Set(Array.from({ length: options.n }, (_, index) => index));
  }

  /** A chunk of one choice. */
  choice(choice: object): string {
    return this.#send([choice], null);
  }

  /** A reply's last chunk; the usage goes with that of the reply that ends last. */
  last(index: number, choice: object): string {
    this.#unfinished.delete(index);
    const { meter, usageChunk } = this.#options;
    const done = this.#unfinished.size === 0;
    const usage = done ? meter.usage : null;
    const last = this.#send([choice], usageChunk ? null : usage);
    return done && usageChunk ? last + this.#send([], usage) : last;
  }

  /** The last chunks of the replies that have not ended. */
  lastOfAll(last: (index: number) => string): string {
    return [...this.#unfinished].map(last).join('');
  }

  #send(choices: readonly object[], usage: object | null): string {
    return `${this.#begin}${JSON.stringify(choices)},"usage":${JSON.stringify(usage)}}\n\n`;
  }
}

/** `object` stands second as in DeepSeek's replies and is filled in by each form. */
export interface ReplyHead {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

/** Events to server-sent events. */
export interface StreamWire {
  /** The text an event becomes; empty where nothing is to be sent. */
  event(event: GenerationEvent): string;
  /** What ends a stream whose model was lost, short of `end`. Left out, that is a failure like others. */
  interrupted?(): string;
  /** What ends a stream that fails. */
  failed(error: ApiError): string;
  /** What is sent while nothing is ready. Left out: a comment. */
  waiting?(): string;
  /** What follows the last event. */
  end(): string;
}

/** A reply that is sent in one piece. */
export interface WholeWire {
  event(event: GenerationEvent): void;
  /** The body; replies that have not finished say so. */
  end(): object;
}

export function replyHead(prefix: string, object: string, exchange: Exchange, model: NamedModel): ReplyHead {
  return {
    id: `${prefix}-${exchange.id}`,
    object,
    created: exchange.created,
    model: model.name,
    system_fingerprint: fingerprint(model.info),
  };
}

/** Of models by what identifies them: a handful, however many replies. */
const fingerprints = new Map<string, string>();

/** Changes when the checkpoint or how it is computed does. */
function fingerprint({ id, created, parameters, architecture, dtype, device }: ModelInfo): string {
  const text = JSON.stringify([id, created, parameters, architecture, dtype, device]);
  const known = fingerprints.get(text);
  if (known !== undefined) return known;
  const made = `fp_${createHash('sha256').update(text).digest('hex').slice(0, 10)}`;
  fingerprints.set(text, made);
  return made;
}
