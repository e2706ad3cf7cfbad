/** @file Check that prompts and responses fit the context of a model. */
import { UsageError } from '../../errors.ts';

/** Where a prompt and the longest response to it have to fit. */
export interface ContextBounds {
  /** `max_position_embeddings` of the model. */
  readonly maxPositions: number;
  /** Longest response in tokens. */
  readonly maxTokens: number;
  /** How the setting `maxTokens` is called, for the message. */
  readonly setting: string;
}

/**
 * Refuses to sample beyond the positions a model knows: what it says there is noise, without a sign of it.
 *
 * @param prompts - token ids, templates applied
 * @throws UsageError naming the longest prompt's length, the bound and what would fit
 */
export function requireContext(prompts: readonly Int32Array[], bounds: ContextBounds): void {
  const { maxPositions, maxTokens, setting } = bounds;
  const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  if (longest + maxTokens <= maxPositions) return;
  const left = maxPositions - longest;
  throw new UsageError(
    `a prompt of ${longest} tokens and ${maxTokens} new ones (${setting}) do not fit the model's context of ` +
      `${maxPositions} tokens (max_position_embeddings)`,
    left > 0 ? `set ${setting} to ${left} or less` : 'use shorter prompts or a model with a longer context',
  );
}
