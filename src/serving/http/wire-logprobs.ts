/** @file Log-probabilities in OpenAI's two forms. */
import type { PromptToken, TokenLogprob } from '../backend.ts';

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
  /** null for the first token of an echoed prompt, which follows nothing. */
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: ({ readonly [token: string]: number } | null)[];
  readonly text_offset: number[];
}

/** @param offset - characters of text before that which the tokens' own offsets count from */
export function textLogprobs(tokens: readonly PromptToken[], offset: number): TextLogprobs {
  return {
    tokens: tokens.map(textName),
    token_logprobs: tokens.map(({ logprob }) => (logprob === null ? null : finite(logprob))),
    top_logprobs: tokens.map(alternatives),
    text_offset: tokens.map((token) => offset + token.offset),
  };
}

/** The most probable tokens and the token itself, as OpenAI reports them. */
function alternatives(token: PromptToken): { readonly [token: string]: number } | null {
  const { logprob, top } = token;
  if (logprob === null) return null;
  const entries = [...top, { ...token, logprob }].map((one): [string, number] => [
    textName(one),
    finite(one.logprob),
  ]);
  return Object.fromEntries(entries);
}

/**
 * A token's name in columns, where it is all there is of it: bytes that are no text by themselves are spelled out, as
 * OpenAI does, so that two tokens never have one name.
 */
function textName({ token, bytes }: Pick<PromptToken, 'token' | 'bytes'>): string {
  if (bytes === null || Buffer.from(token).equals(Buffer.from(bytes))) return token;
  return `bytes:${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}
