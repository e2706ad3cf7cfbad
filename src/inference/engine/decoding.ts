/** @file Decoding: the next token of every sequence that has begun, by an ordinary pass of the model. */
import type { LanguageModel, ModelCache } from '../../models/index.ts';
import { scope } from '../../torch/index.ts';
import { arrange } from './arrange.ts';
import { forward } from './cache.ts';
import type { Replies } from './replies.ts';
import type { Begun, Roster } from './roster.ts';

/** What decoding works on. */
export interface DecodingParts {
  readonly model: LanguageModel;
  readonly cache: ModelCache;
  readonly roster: Roster;
  readonly replies: Replies;
  /** Each sequence is one block. */
  readonly wholeBlocks: boolean;
}

/** Gives every sequence that has begun its next token; false where there is none. */
export function decode(parts: DecodingParts): boolean {
  const { model, cache, roster, replies, wholeBlocks } = parts;
  const served = roster.reserve(roster.running.filter(isDue));
  if (served.length === 0) return false;
  if (wholeBlocks) arrange(served, roster, cache);
  const readings = served.map(({ cached }) => ({ cached, tokens: 1 }));
  scope(() => {
    const logits = forward(model, cache, readings, null);
    for (const { cached } of served) cached.advance(roster.pool, 1);
    replies.choose(served, logits);
  });
  return true;
}

/** Whether a sequence has begun, its last token is to be read, and its reader keeps up. */
export function isDue(sequence: Parameters<Roster['add']>[0]): sequence is Begun {
  return sequence.cached?.pending === 1 && sequence.continuation.ready;
}
