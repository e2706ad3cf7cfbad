/** @file What every form of reply begins with, and what a streamed one is made by. */
import { createHash } from 'node:crypto';
import type { GenerationEvent, ModelInfo } from '../backend.ts';
import type { Exchange } from './exchange.ts';
import type { NamedModel } from './model-name.ts';

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
  /** What ends a stream whose model was lost, short of `end`. */
  interrupted(): string;
  /** What follows the last event. */
  end(): string;
}

/** A reply that is sent in one piece. */
export interface WholeWire {
  event(event: GenerationEvent): void;
  interrupted(): void;
  /** The body. */
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

/** Changes when the checkpoint or how it is computed does. */
function fingerprint({ id, created, parameters, architecture, dtype, device }: ModelInfo): string {
  const text = JSON.stringify([id, created, parameters, architecture, dtype, device]);
  return `fp_${createHash('sha256').update(text).digest('hex').slice(0, 10)}`;
}
