/**
 * @file From texts to imitate to token ids, with the places a loss is taken of: what the model itself would write.
 *
 * The prompt is exactly what the model reads when it is asked (template and generation prompt included), and the reply
 * is tokenised apart from it, as it would be sampled. Trained on is the reply up to and including its end token.
 *
 * A conversation is one sequence where the chat template writes earlier turns as it wrote them when they were the
 * last. Templates that rewrite history (R1's and Qwen3's drop earlier thoughts) give one sequence for each assistant
 * turn instead. Where a template drops the thought of the reply itself, or opens a thought that the reply opens too,
 * the reply is written after the generation prompt by hand.
 */
import { UserError } from '../errors.ts';
import { type ChatMessage, isJsonObject, type Json } from '../records.ts';
import { DEFAULT_TAGS } from './answer.ts';
import type { RenderOptions } from './chat-template.ts';
import { blankMarked } from './control-tokens.ts';
import {
  markedChat,
  markedPrompt,
  markMessage,
  opensThought,
  type PromptTemplate,
  type Question,
} from './prompts.ts';
import type { Tokenizer } from './tokenizer.ts';
import { ignoresTools } from './tool-messages.ts';
import { DEEPSEEK, formatToolCall, toolSyntaxOf } from './tool-syntax.ts';

/** Token ids to train on. */
export interface TokenSequence {
  readonly tokens: Int32Array;
  /** 1 where the token is to be learnt, else 0; one per token. */
  readonly trained: Uint8Array;
}

/** A reply and what comes before it, control tokens of user text marked. */
interface Turn {
  readonly prompt: string;
  /** Ends in the template's own end token where `ended`. */
  readonly reply: string;
  /** The template ends the reply in an end token of the checkpoint; else one is to be added. */
  readonly ended: boolean;
}

/**
 * The reply to a question, through a prompt template; the end token is added.
 * @throws UserError when `chat` is asked for and the tokenizer has no chat template, or none knows an end token
 */
export function encodeDemonstration(
  template: PromptTemplate,
  question: Question,
  response: string,
  tokenizer: Tokenizer,
  options: RenderOptions = {},
): TokenSequence {
  if (template === 'chat') {
    const asked = typeof question === 'string' ? [{ role: 'user', content: question }] : question;
    const messages = [...asked, { role: 'assistant', content: response }];
    return encodeConversation(tokenizer, messages, { ...options, learntFrom: asked.length })[0]!;
  }
  const prompt = markedPrompt(template, question, tokenizer, options);
  const written =
    template === 'raw' ? response : tokenizer.control.mark(response, Object.values(DEFAULT_TAGS));
  const builder = new SequenceBuilder(tokenizer, true);
  builder.add(prompt, false);
  builder.add(`${separator(template, written)}${continuing(written, prompt)}`, true);
  builder.end();
  return builder.sequence();
}

/** `Assistant: reply`: templates that end in a colon are followed by a blank, as in running text. */
function separator(template: PromptTemplate, reply: string): string {
  const colon = template === 'plain' || template === 'r1-zero';
  return colon && !/^\s/.test(reply) ? ' ' : '';
}

/**
 * All assistant turns of a conversation, through the tokenizer's chat template. An assistant message may carry its
 * thought apart, as `reasoning_content`, and calls of tools.
 * @param options - `learntFrom`: index of the first message that is learnt; all of the assistant's unless given
 * @returns one sequence, or one per assistant turn where the template rewrites history
 * @throws UserError when no message is the assistant's, or the template refuses the conversation
 */
export function encodeConversation(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  options: RenderOptions & { readonly learntFrom?: number } = {},
): TokenSequence[] {
  const { learntFrom = 0, ...rendering } = options;
  if (ignoresTools(rendering.tools, tokenizer.chatTemplate?.source ?? '')) {
    throw new UserError(
      'the conversation has tools, which the chat template does not write',
      'Use a checkpoint whose template knows tools, or leave the column `tools` out.',
    );
  }
  const turns = messages.flatMap(({ role }, i) =>
    role === 'assistant' && i >= learntFrom ? [turnOf(tokenizer, messages.slice(0, i + 1), rendering)] : [],
  );
  if (turns.length === 0) {
    throw new UserError('no message is the assistant’s', 'Give a conversation with a reply to learn.');
  }
  const joined = turns.every((turn, i) => i === 0 || goesOn(turns[i - 1]!, turn));
  return (joined ? [turns] : turns.map((turn) => [turn])).map((part) => encodeTurns(tokenizer, part));
}

/** Whether the later prompt begins with everything the earlier turn is, so that one sequence holds both. */
function goesOn(earlier: Turn, later: Turn): boolean {
  return earlier.ended && later.prompt.startsWith(earlier.prompt + earlier.reply);
}

function encodeTurns(tokenizer: Tokenizer, turns: readonly Turn[]): TokenSequence {
  const builder = new SequenceBuilder(tokenizer, false);
  let written = 0;
  for (const { prompt, reply, ended } of turns) {
    builder.add(prompt.slice(written), false);
    builder.add(reply, true);
    if (!ended) builder.end();
    written = prompt.length + reply.length;
  }
  return builder.sequence();
}

/** The last message as the reply to those before it. */
function turnOf(tokenizer: Tokenizer, messages: readonly ChatMessage[], options: RenderOptions): Turn {
  const prompt = markedChat(tokenizer, messages.slice(0, -1), { ...options, addGenerationPrompt: true });
  const message = markMessage(messages.at(-1)!, tokenizer.control, opensThought(prompt));
  const full = markedChat(tokenizer, messages, { ...options, addGenerationPrompt: false });
  const begun = full.startsWith(prompt) ? full.slice(prompt.length) : '';
  const said = endOf(message, begun);
  if (said === null) {
    const reply = `${writtenOut(message)}${callsOf(message, tokenizer)}`;
    return { prompt, reply: continuing(reply, prompt), ended: false };
  }
  const turn = throughControl(begun, said, tokenizer);
  const goesFurther = turn.length < begun.trimEnd().length && namedCalls(message).length === 0;
  const rendered = goesFurther && asksAgain(tokenizer, messages, prompt, options) ? turn : begun;
  const end = afterEndToken(rendered, tokenizer);
  if (end === null) return { prompt, reply: rendered.trimEnd(), ended: false };
  return { prompt, reply: rendered.slice(0, end), ended: true };
}

/** Whether the template begins the assistant's next turn though it is not asked to, as Llama 3's first one does. */
function asksAgain(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  prompt: string,
  options: RenderOptions,
): boolean {
  return markedChat(tokenizer, messages.slice(0, -1), { ...options, addGenerationPrompt: false }) === prompt;
}

/** The text up to the first control token after a place, and with it: the token that ends the turn. */
function throughControl(text: string, from: number, tokenizer: Tokenizer): string {
  const id = tokenizer.encodeMarked(text.slice(from)).find((one) => tokenizer.isControl(one));
  const token = id === undefined ? undefined : tokenizer.tokenOf(id);
  const at = token === undefined ? -1 : text.indexOf(token, from);
  return at < 0 ? text : text.slice(0, at + token!.length);
}

/**
 * Where a rendered reply has said all of the message: its thought, the end of the thought, its content, its calls. null
 * where it leaves something out.
 */
function endOf(message: ChatMessage, rendered: string): number | null {
  const { thinkOpen, thinkClose } = DEFAULT_TAGS;
  const parts = [writtenOut(message), ...namedCalls(message).map(({ name }) => name)]
    .join('\0')
    .replaceAll(thinkOpen, '\0')
    .replaceAll(thinkClose, `\0${thinkClose}\0`)
    .split('\0')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  let at = 0;
  for (const part of parts) {
    const found = rendered.indexOf(part, at);
    if (found < 0) return null;
    at = found + part.length;
  }
  return parts.length > 0 ? at : null;
}

/** The message as a reply in full: its thought in tags, then its content. */
function writtenOut({ content, reasoning_content: thought }: ChatMessage): string {
  const answer = typeof content === 'string' ? content : '';
  if (typeof thought !== 'string' || thought.trim() === '') return answer;
  return `${DEFAULT_TAGS.thinkOpen}\n${thought.trim()}\n${DEFAULT_TAGS.thinkClose}\n\n${answer}`;
}

/** The calls of a message. */
function namedCalls({ tool_calls: calls }: ChatMessage): { name: string; arguments: Json }[] {
  if (!Array.isArray(calls)) return [];
  return (calls as readonly Json[]).flatMap((call) => {
    const named = isJsonObject(call) ? call.function : undefined;
    return isJsonObject(named) && typeof named.name === 'string'
      ? [{ name: named.name, arguments: named.arguments ?? {} }]
      : [];
  });
}

/** The calls of a message as its model writes them, after a line break where something stands before them. */
function callsOf(message: ChatMessage, tokenizer: Tokenizer): string {
  const calls = namedCalls(message);
  if (calls.length === 0) return '';
  const syntax = toolSyntaxOf(tokenizer.chatTemplate?.source ?? '');
  if (syntax === null) {
    throw new UserError(
      'an assistant message calls tools, which the chat template does not write',
      'Use a checkpoint whose template writes calls of tools, or leave such conversations out.',
    );
  }
  const texts = calls.map((call) =>
    formatToolCall(syntax, {
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    }),
  );
  const before = /(?:^|\s)$/.test(writtenOut(message)) ? '' : '\n';
  // DeepSeek's calls share one section.
  const { openAll, closeAll } = DEEPSEEK;
  const between = syntax === 'deepseek-v3' ? '\n' : '';
  return before + texts.join('\n').replaceAll(`${closeAll}\n${openAll}`, between);
}

/** The reply where the prompt has opened its thought: not opened again, and closed at once where it has none. */
function continuing(reply: string, prompt: string): string {
  if (!opensThought(prompt)) return reply;
  const { thinkOpen, thinkClose } = DEFAULT_TAGS;
  if (!reply.includes(thinkClose)) return `\n${thinkClose}\n\n${reply}`;
  const text = reply.trimStart();
  if (!text.startsWith(thinkOpen)) return reply;
  const rest = text.slice(thinkOpen.length);
  return /\s$/.test(prompt) ? rest.trimStart() : rest;
}

/** Where the last end token that the template wrote ends, or null where it wrote none. */
function afterEndToken(rendered: string, tokenizer: Tokenizer): number | null {
  const text = blankMarked(rendered);
  const ends = tokenizer.eosIds.flatMap((id) => {
    const token = tokenizer.tokenOf(id);
    const at = token === undefined ? -1 : text.lastIndexOf(token);
    return at < 0 ? [] : [at + token!.length];
  });
  return ends.length === 0 ? null : Math.max(...ends);
}

/** Token ids of a text that grows piece by piece. What is there stays: a later piece never changes earlier ids. */
class SequenceBuilder {
  readonly #tokenizer: Tokenizer;
  readonly #addSpecial: boolean;
  #text = '';
  #tokens = new Int32Array();
  #trained = new Uint8Array();

  /** @param addSpecial - begin with what the tokenizer puts before a text */
  constructor(tokenizer: Tokenizer, addSpecial: boolean) {
    this.#tokenizer = tokenizer;
    this.#addSpecial = addSpecial;
  }

  /** Appends marked text. */
  add(piece: string, trained: boolean): void {
    this.#text += piece;
    const addSpecial = this.#addSpecial;
    const whole = this.#tokenizer.encodeMarked(this.#text, { addSpecial });
    // Some tokenizers write a piece by itself with a blank before it, others merge across the seam: where the whole
    // keeps the ids so far it is right, else the piece is read as it is sampled, apart.
    const kept = this.#tokens.every((id, i) => whole[i] === id);
    const ids = kept ? whole.subarray(this.#tokens.length) : this.#tokenizer.encodeMarked(piece);
    this.#append(ids, trained);
  }

  /** Appends the end token, to be learnt. */
  end(): void {
    this.#append(Int32Array.of(this.#tokenizer.eosId), true);
  }

  sequence(): TokenSequence {
    return { tokens: this.#tokens, trained: this.#trained };
  }

  #append(ids: Int32Array, trained: boolean): void {
    const length = this.#tokens.length + ids.length;
    const tokens = new Int32Array(length);
    tokens.set(this.#tokens);
    tokens.set(ids, this.#tokens.length);
    const mask = new Uint8Array(length).fill(trained ? 1 : 0);
    mask.set(this.#trained);
    this.#tokens = tokens;
    this.#trained = mask;
  }
}
