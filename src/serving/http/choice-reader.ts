/** @file One reply of a chat request, from the backend's deltas to pieces of thought, answer and tool calls. */
import {
  TOOL_CALL_SYNTAXES,
  type ToolCallDelta,
  ToolCallParser,
  type ToolCallPieces,
  type ToolCallSyntax,
} from '../../text/index.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';

export type Delta = Extract<GenerationEvent, { type: 'delta' }>;
export type Finish = Extract<GenerationEvent, { type: 'finish' }>;

/** `insufficient_system_resource` is DeepSeek's: the reply was cut by the server's own trouble. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'insufficient_system_resource';

export type Piece =
  | { readonly type: 'reasoning' | 'content'; readonly text: string; readonly logprobs: TokenLogprob[] }
  | { readonly type: 'calls'; readonly calls: readonly ToolCallDelta[]; readonly logprobs: TokenLogprob[] };

/**
 * How calls are looked for in a model's answers. A template that knows no tools does not say: what is marked as a call
 * is read as one, but no object that is the whole answer.
 */
export function callSyntaxes(own: ToolCallSyntax | null): readonly ToolCallSyntax[] {
  return own === null ? TOOL_CALL_SYNTAXES.filter((syntax) => syntax !== 'llama3') : [own];
}

export class ChoiceReader {
  readonly #parser: ToolCallParser | null;
  /** Log-probabilities of tokens of the thought that have no text; they go with what comes next. */
  #reasoningLogprobs: TokenLogprob[] = [];
  /** Log-probabilities of tokens of the answer whose text has not come, and where in the answer it ends. */
  #contentLogprobs: { readonly logprob: TokenLogprob; readonly end: number }[] = [];
  /** Letters of the answer. */
  #letters = 0;
  #called = false;

  /** @param calls - the syntaxes in which calls are looked for; null: they are left in the answer */
  constructor(calls: readonly ToolCallSyntax[] | null) {
    this.#parser = calls === null ? null : new ToolCallParser({ syntaxes: calls });
  }

  /** The pieces a delta adds, in the order of the text; none where it only counted a token. */
  take({ reasoning, content, reasoningLogprobs = [], contentLogprobs = [] }: Delta): Piece[] {
    this.#reasoningLogprobs.push(...reasoningLogprobs);
    this.#letters += content.length;
    // A token without text goes with the letter that comes next.
    const end = content === '' ? this.#letters + 1 : this.#letters;
    this.#contentLogprobs.push(...contentLogprobs.map((logprob) => ({ logprob, end })));
    const thought = reasoning === '' ? [] : this.#thought(reasoning);
    const answer = this.#parser?.push(content) ?? { content, calls: [] };
    return [...thought, ...this.#answer(answer, this.#letters - (this.#parser?.held ?? 0))];
  }

  /** What was held back, and why the reply ended. */
  finish({ reason }: Finish): { readonly pieces: Piece[]; readonly reason: FinishReason } {
    const rest = this.#parser?.end() ?? { content: '', calls: [] };
    const pieces = this.#answer(rest, this.#letters);
    if (this.#reasoningLogprobs.length > 0) pieces.push(...this.#thought(''));
    const left = this.#contentLogprobs.splice(0).map(({ logprob }) => logprob);
    if (left.length > 0) pieces.push({ type: 'content', text: '', logprobs: left });
    return { pieces, reason: this.#called && reason === 'stop' ? 'tool_calls' : reason };
  }

  #thought(text: string): Piece[] {
    return [{ type: 'reasoning', text, logprobs: this.#reasoningLogprobs.splice(0) }];
  }

  /** @param decided - letters of the answer that are no longer held back */
  #answer({ content, calls }: ToolCallPieces, decided: number): Piece[] {
    if (content === '' && calls.length === 0) return [];
    // The tokens that closed the thought come before the answer.
    const pieces = this.#reasoningLogprobs.length > 0 ? this.#thought('') : [];
    const later = this.#contentLogprobs.findIndex(({ end }) => end > decided);
    const ready = this.#contentLogprobs.splice(0, later < 0 ? this.#contentLogprobs.length : later);
    const logprobs = ready.map(({ logprob }) => logprob);
    if (content !== '') pieces.push({ type: 'content', text: content, logprobs });
    if (calls.length > 0) {
      this.#called = true;
      pieces.push({ type: 'calls', calls, logprobs: content === '' ? logprobs : [] });
    }
    return pieces;
  }
}
