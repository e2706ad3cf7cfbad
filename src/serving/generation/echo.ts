/** @file A prompt told back to who sent it: its text, and its tokens as probable as the model holds them. */
import type { Chosen, PromptScoring } from '../../inference/engine/index.ts';
import { StreamDecoder, type Tokenizer } from '../../text/index.ts';
import type { GenerationPrompt, PromptToken } from '../backend.ts';
import { type TokenNames, toldLogprob } from '../replies/index.ts';
import type { PromptEvent } from './generation.ts';

export interface EchoOptions {
  readonly prompt: GenerationPrompt;
  readonly ids: Int32Array;
  /** Alternatives reported for each token; null reports no tokens. */
  readonly topLogprobs: number | null;
  readonly tokenizer: Tokenizer;
  readonly names: TokenNames;
}

/** The events of an echo. As the prompt's scoring it makes those of its tokens while the prompt is read. */
export class Echo implements PromptScoring {
  readonly top: number;
  /** What is told before anything is read: the text, and the first token, which follows nothing. */
  readonly first: PromptEvent;
  readonly #names: TokenNames;
  readonly #offsets: readonly number[];
  readonly #emit: (event: PromptEvent) => void;
  #told = 1;

  constructor(
    { prompt, ids, topLogprobs, tokenizer, names }: EchoOptions,
    emit: (event: PromptEvent) => void,
  ) {
    const text = prompt.kind === 'text' ? prompt.text : tokenizer.decode(ids);
    this.top = topLogprobs ?? 0;
    this.#names = names;
    this.#emit = emit;
    this.#offsets = topLogprobs === null ? [] : offsetsOf(ids, text, tokenizer);
    const token: PromptToken = { ...names.of(ids[0]!), logprob: null, offset: 0, top: [] };
    this.first = { type: 'prompt', index: 0, text, tokens: topLogprobs === null ? [] : [token] };
  }

  take(tokens: readonly Chosen[]): void {
    const told = tokens.map((one) => toldLogprob(one, this.#names, this.#offsets[this.#told++]!));
    this.#emit({ type: 'prompt', index: 0, text: '', tokens: told });
  }
}

/**
 * Where each token begins in the text. Tokens that a tokenizer puts before a text (its beginning) take no room in it; a
 * text that decoding does not give back as it was is followed as far as it goes.
 */
function offsetsOf(ids: Int32Array, text: string, tokenizer: Tokenizer): number[] {
  const decoder = new StreamDecoder(tokenizer);
  let length = 0;
  const begins = Array.from(ids, (id) => {
    const at = length;
    length += decoder.push(id).length;
    return at;
  });
  const added = Math.max(0, length + decoder.flush().length - text.length);
  return begins.map((at) => Math.min(Math.max(0, at - added), text.length));
}
