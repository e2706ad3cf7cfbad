/** @file One reply of a chat request, from the backend's deltas to pieces of thought, answer and tool calls. */
import {
  TOOL_CALL_SYNTAXES,
  type ToolCallDelta,
  ToolCallParser,
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
  /** Log-probabilities of tokens whose text has not come yet. */
  #reasoningLogprobs: TokenLogprob[] = [];
  #contentLogprobs: TokenLogprob[] = [];
  #called = false;

  /** @param calls - the syntaxes in which calls are looked for; null: they are left in the answer */
  constructor(calls: readonly ToolCallSyntax[] | null) {
    this.#parser = calls === null ? null : new ToolCallParser({ syntaxes: calls });
  }

  /** The pieces a delta adds, in order; none where it only counted a token. */
  take(delta: Delta): Piece[] {
    this.#reasoningLogprobs.push(...(delta.reasoningLogprobs ?? []));
    this.#contentLogprobs.push(...(delta.contentLogprobs ?? []));
    const pieces: Piece[] = [];
    if (delta.reasoning !== '') {
      pieces.push({ type: 'reasoning', text: delta.reasoning, logprobs: this.#reasoningLogprobs });
      this.#reasoningLogprobs = [];
    }
    if (delta.content !== '') pieces.push(...this.#answer(delta.content));
    return pieces;
  }

  /** What was held back, and why the reply ended. */
  finish({ reason }: Finish): { readonly pieces: Piece[]; readonly reason: FinishReason } {
    const rest = this.#parser?.end() ?? { content: '', calls: [] };
    const pieces = this.#pieces(rest.content, rest.calls);
    if (this.#reasoningLogprobs.length > 0) {
      pieces.unshift({ type: 'reasoning', text: '', logprobs: this.#reasoningLogprobs });
    }
    if (this.#contentLogprobs.length > 0) {
      pieces.push({ type: 'content', text: '', logprobs: this.#contentLogprobs });
    }
    return { pieces, reason: this.#called && reason === 'stop' ? 'tool_calls' : reason };
  }

  #answer(text: string): Piece[] {
    if (this.#parser === null) return this.#pieces(text, []);
    const { content, calls } = this.#parser.push(text);
    return this.#pieces(content, calls);
  }

  #pieces(content: string, calls: readonly ToolCallDelta[]): Piece[] {
    const pieces: Piece[] = [];
    if (content !== '')
      pieces.push({ type: 'content', text: content, logprobs: this.#takeContentLogprobs() });
    if (calls.length > 0) {
      this.#called = true;
      pieces.push({ type: 'calls', calls, logprobs: this.#takeContentLogprobs() });
    }
    return pieces;
  }

  #takeContentLogprobs(): TokenLogprob[] {
    const taken = this.#contentLogprobs;
    this.#contentLogprobs = [];
    return taken;
  }
}
