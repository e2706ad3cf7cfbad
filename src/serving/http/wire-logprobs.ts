/** @file Log-probabilities in OpenAI's two forms. */
import type { TokenLogprob } from '../backend.ts';

interface WireToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
}

/** An entry of `logprobs.content` and `logprobs.reasoning_content`. */
export interface WireLogprob extends WireToken {
  readonly top_logprobs: readonly WireToken[];
}

/** JSON has no infinity; OpenAI sends this number for a token without probability. */
const LEAST = -9999;

const finite = (logprob: number): number => (Number.isFinite(logprob) ? logprob : LEAST);

/** The form of chat completions. */
export function chatLogprobs(tokens: readonly TokenLogprob[]): WireLogprob[] {
  return tokens.map(({ token, logprob, bytes, top }) => ({
    token,
    logprob: finite(logprob),
    bytes,
    top_logprobs: top.map((one) => ({ token: one.token, logprob: finite(one.logprob), bytes: one.bytes })),
  }));
}

/** `logprobs` of a text completion: columns, with where each token begins in the text. */
export interface TextLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: number[];
  readonly top_logprobs: { readonly [token: string]: number }[];
  readonly text_offset: number[];
}

/** @param offset - characters of text before the first token */
export function textLogprobs(tokens: readonly TokenLogprob[], offset: number): TextLogprobs {
  let at = offset;
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => finite(logprob)),
    top_logprobs: tokens.map(({ top }) =>
      Object.fromEntries(top.map(({ token, logprob }) => [token, finite(logprob)])),
    ),
    text_offset: tokens.map(({ token }) => {
      const start = at;
      at += token.length;
      return start;
    }),
  };
}
