/** @file From places in a response's text to its tokens. */
import type { Completion } from '../../records.ts';
import { type Decoding, StreamDecoder } from '../../text/index.ts';

/**
 * The index of the token that completes each text prefix: ends[i] characters of `completion.text`, ascending.
 * A prefix that ends inside a token ends with that token.
 */
export function tokensAt(
  { tokens }: Pick<Completion, 'tokens'>,
  ends: readonly number[],
  tokenizer: Decoding,
): number[] {
  const decoder = new StreamDecoder(tokenizer, { skipSpecial: true });
  const found: number[] = [];
  let characters = 0;
  for (const [i, token] of tokens.entries()) {
    characters += decoder.push(token).length;
    while (found.length < ends.length && characters >= ends[found.length]!) found.push(i);
  }
  // Characters held back to the end, such as a broken one, are complete with the last token.
  while (found.length < ends.length) found.push(tokens.length - 1);
  return found;
}
