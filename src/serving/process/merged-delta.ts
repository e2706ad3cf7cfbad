/** @file Deltas of one reply that were ready together, as one. */
import type { GenerationEvent } from '../backend.ts';

export type Delta = Extract<GenerationEvent, { type: 'delta' }>;

/** Log-probabilities stay with the text of their tokens: a delta that has some stays alone. */
export function isMergeable(event: GenerationEvent): event is Delta {
  return event.type === 'delta' && !event.reasoningLogprobs && !event.contentLogprobs;
}

/** The two as one; null where they are not of the same reply and the same kind of text. */
export function mergedDelta(a: Delta, b: Delta): Delta | null {
  if (a.index !== b.index) return null;
  if ((a.reasoning === '') !== (b.reasoning === '') || (a.content === '') !== (b.content === '')) return null;
  return {
    type: 'delta',
    index: a.index,
    reasoning: a.reasoning + b.reasoning,
    content: a.content + b.content,
    merged: (a.merged ?? 1) + (b.merged ?? 1),
  };
}
