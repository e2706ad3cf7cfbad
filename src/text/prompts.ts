/**
 * @file From a question to what the model reads.
 *
 * `r1-zero` is Table 1 of the DeepSeek-R1 paper (arXiv 2501.12948); `r1-zero-prefilled` is the same with TinyZero's
 * ending, which opens the thought for the model. They have no place for a system prompt or earlier turns: those of a
 * conversation stand before the question, see `aroundConversation`. Leaves out few-shot examples.
 */
import { UserError } from '../errors.ts';
import type { ChatMessage, Json, Prompt } from '../records.ts';
import { DEFAULT_TAGS } from './answer.ts';
import type { RenderOptions } from './chat-template.ts';
import { unmark } from './control-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';
import { formsOfCalls } from './tool-messages.ts';

/** How a question is put to the model. */
export type PromptTemplate = 'r1-zero' | 'r1-zero-prefilled' | 'plain' | 'chat' | 'raw';

/** All prompt templates: `raw` is the question alone, control tokens in it included. */
export const PROMPT_TEMPLATES = [
  'r1-zero',
  'r1-zero-prefilled',
  'plain',
  'chat',
  'raw',
] as const satisfies readonly PromptTemplate[];

/** A prompt as text. */
export interface PromptText {
  readonly text: string;
  /** The prompt ends inside an opened thought: the reply begins in it and must not open it again. */
  readonly prefilledThinking: boolean;
}

/** A prompt as text and as token ids. */
export interface EncodedPrompt extends PromptText {
  readonly ids: Int32Array;
}

const R1_ZERO =
  'A conversation between User and Assistant. The user asks a question, and the Assistant solves it. ' +
  'The assistant first thinks about the reasoning process in the mind and then provides the user with the answer. ' +
  'The reasoning process and answer are enclosed within <think> </think> and <answer> </answer> tags, ' +
  'respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>. User: ';
const PREFILL = ' Let me solve this step by step.\n<think>';

/** What a model is asked: a question, or a conversation that it is to go on with. */
export type Question = string | readonly ChatMessage[];

/** What a prompt asks. */
export function questionOf({ text, messages }: Pick<Prompt, 'text' | 'messages'>): Question {
  return messages ?? text;
}

/** All that a prompt asks as one text, for readers and judges: a conversation with the role before each message. */
export function askedText({ text, messages }: Pick<Prompt, 'text' | 'messages'>): string {
  if (messages === undefined) return text;
  const said = ({ content }: ChatMessage) =>
    typeof content === 'string' ? content : JSON.stringify(content);
  return messages.map((message) => `${message.role}: ${said(message)}`).join('\n\n');
}

/** The text with the question's control tokens marked, except in `raw`. */
export function markedPrompt(
  template: PromptTemplate,
  question: Question,
  tokenizer: Tokenizer,
  options: RenderOptions,
): string {
  const asked = typeof question === 'string' ? [{ role: 'user', content: question }] : question;
  if (template === 'chat') return markedChat(tokenizer, asked, options);
  requireForm(template, asked);
  const turns = template === 'raw' ? asked : asked.map((message) => markMessage(message, tokenizer.control));
  return aroundConversation(template, turns);
}

/**
 * Refuses a conversation that a template has no form for.
 * @throws UserError for calls of tools and their results, in templates other than `chat`
 */
export function requireForm(template: PromptTemplate, question: Question): void {
  if (template === 'chat' || typeof question === 'string') return;
  const foreign = question.find(({ role, content }) => !TURNS.has(role) || typeof content !== 'string');
  if (foreign === undefined) return;
  throw new UserError(
    `the prompt template "${template}" has no form for calls of tools and their results`,
    'Set template to "chat", or leave such conversations out.',
  );
}

/** Roles that every prompt template has a form for. */
const TURNS = new Set(['system', 'user', 'assistant']);

/** A question as the templates that are no chat template put it. */
function aroundQuestion(template: Exclude<PromptTemplate, 'chat'>, question: string): string {
  switch (template) {
    case 'r1-zero':
      return `${R1_ZERO}${question}. Assistant:`;
    case 'r1-zero-prefilled':
      return `${R1_ZERO}${question}. Assistant:${PREFILL}`;
    case 'plain':
      return `User: ${question} Assistant:`;
    case 'raw':
      return question;
  }
}

/**
 * A conversation for a model that was trained on single questions: earlier turns stand before the last question in
 * the same words. System messages go before everything, each on its own line.
 *
 * @param turns - messages as markMessage gives them
 */
export function aroundConversation(
  template: Exclude<PromptTemplate, 'chat'>,
  turns: readonly ChatMessage[],
): string {
  const stop = template.startsWith('r1-zero') ? '.' : '';
  let system = '';
  let questions = '';
  let before: string | null = null;
  for (const { role, content } of turns) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    if (role === 'system') {
      system += `${text}\n`;
      continue;
    }
    questions += `${between(template, before, role, stop)}${text}`;
    before = role;
  }
  return system + aroundQuestion(template, questions);
}

/** What stands before a turn; the first is the question that the template itself puts. */
function between(template: PromptTemplate, before: string | null, role: string, stop: string): string {
  if (before === null) return '';
  if (template === 'raw') return '\n';
  if (role === 'assistant') return `${stop} Assistant: `;
  return before === 'assistant' ? ' User: ' : '\n';
}

/**
 * The prompt for a question.
 * @param options - for `chat` only
 * @throws UserError when `chat` is asked for and the tokenizer has no chat template
 */
export function renderPrompt(
  template: PromptTemplate,
  question: Question,
  tokenizer: Tokenizer,
  options: RenderOptions = {},
): PromptText {
  return describe(markedPrompt(template, question, tokenizer, options));
}

/**
 * The prompt for a question, as text and token ids. What the question spells is never read as a control token (`raw` is the
 * caller's own text and is read as it stands). In the small world tags are ordinary words of the vocabulary, so
 * there a question may hold them. `chat` templates write their own begin-of-sequence token; the others get the
 * one the tokenizer adds.
 */
export function encodeQuestion(
  template: PromptTemplate,
  question: Question,
  tokenizer: Tokenizer,
  options: RenderOptions = {},
): EncodedPrompt {
  const marked = markedPrompt(template, question, tokenizer, options);
  const ids =
    template === 'raw'
      ? tokenizer.encode(marked, { addSpecial: true })
      : tokenizer.encodeMarked(marked, { addSpecial: template !== 'chat' });
  return { ...describe(marked), ids };
}

/** Token ids of the prompt for a question: those of `encodeQuestion`. */
export function encodePrompt(
  template: PromptTemplate,
  question: Question,
  tokenizer: Tokenizer,
  options: RenderOptions = {},
): Int32Array {
  return encodeQuestion(template, question, tokenizer, options).ids;
}

/**
 * A conversation through the tokenizer's chat template. Nothing a message spells is read as a control token, but
 * for the tags of the assistant's own earlier messages, see `markMessage`.
 * @throws UserError when the tokenizer has no chat template, or the template refuses the conversation
 */
export function encodeChat(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  options: RenderOptions = {},
): EncodedPrompt {
  const marked = markedChat(tokenizer, messages, options);
  return { ...describe(marked), ids: tokenizer.encodeMarked(marked) };
}

/**
 * A conversation through the chat template, with what messages spell of control tokens marked.
 * @throws UserError as encodeChat does
 */
export function markedChat(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): string {
  const template = tokenizer.chatTemplate;
  if (template === undefined) {
    throw new UserError(
      'the tokenizer has no chat template (tokenizer_config.json or chat_template.jinja)',
      'Use another prompt template, such as r1-zero, or add a chat template to the checkpoint.',
    );
  }
  const { control, bosToken, eosToken } = tokenizer;
  const forms = formsOfCalls(messages, template.source).map((form) =>
    form.map((message) => markMessage(message, control)),
  );
  return template.renderOneOf(forms, {
    ...(bosToken === undefined ? {} : { bosToken }),
    ...(eosToken === undefined ? {} : { eosToken }),
    ...options,
    ...(options.tools === undefined ? {} : { tools: options.tools.map((tool) => control.markJson(tool)) }),
    ...(options.variables === undefined
      ? {}
      : { variables: control.markJson(options.variables) as { readonly [name: string]: Json } }),
  });
}

/**
 * A message with its control tokens marked. The thinking tags around the thought that an assistant's content begins
 * with are meant and stay, as do its answer tags.
 * @param opened - the prompt before an assistant's message opened its thought
 */
export function markMessage(
  message: ChatMessage,
  control: Tokenizer['control'],
  opened = false,
): ChatMessage {
  const fields = Object.entries(message).map(([key, value]) => {
    if (key === 'role' || value === undefined) return [key, value];
    if (typeof value !== 'string') return [key, control.markJson(value)];
    const written = message.role === 'assistant' && key === 'content';
    return [key, written ? markWritten(value, control, opened) : control.mark(value)];
  });
  return Object.fromEntries(fields) as ChatMessage;
}

const { thinkOpen, thinkClose, answerOpen, answerClose } = DEFAULT_TAGS;
const ANSWER_TAGS = [answerOpen, answerClose];

function markWritten(text: string, control: Tokenizer['control'], opened: boolean): string {
  const written = splitThought(text, opened);
  if (written === null) return markContent(text, control);
  const { before, thought, after } = written;
  const start = before + control.mark(thought);
  return after === null ? start : `${start}${thinkClose}${markContent(after, control)}`;
}

/** What an assistant answered, control tokens marked; a model that has answer tags as tokens writes them with those. */
export function markContent(text: string, control: Tokenizer['control']): string {
  return control.mark(text, ANSWER_TAGS);
}

/** A text that an assistant wrote, cut around its thought. */
export interface WrittenThought {
  /** Up to the opening tag and with it; empty where the text does not open the thought. */
  readonly before: string;
  readonly thought: string;
  /** What follows the closing tag; null where the thought is not closed. */
  readonly after: string | null;
}

/** The tag that closes a thought, on a line of its own. */
const CLOSING_LINE = /(?<=^|\n)<\/think>[ \t]*(?=\n|$)/;

/**
 * The thought that an assistant's text begins with; null where it begins with none and only may mention the tags. A
 * thought that the text does not open ends at a closing tag on a line of its own, or with `opened` at any.
 */
export function splitThought(text: string, opened = false): WrittenThought | null {
  const start = text.length - text.trimStart().length + thinkOpen.length;
  const opens = text.trimStart().startsWith(thinkOpen);
  const from = opens ? start : 0;
  const close = opens || opened ? text.indexOf(thinkClose, from) : text.search(CLOSING_LINE);
  if (!opens && close < 0) return null;
  return {
    before: text.slice(0, from),
    thought: close < 0 ? text.slice(from) : text.slice(from, close),
    after: close < 0 ? null : text.slice(close + thinkClose.length),
  };
}

/**
 * Whether a prompt ends inside a thought it opened.
 * @param marked - with marks: a tag that somebody's letters spell opens none
 */
export function opensThought(marked: string): boolean {
  return marked.trimEnd().endsWith(thinkOpen);
}

function describe(marked: string): PromptText {
  return { text: unmark(marked), prefilledThinking: opensThought(marked) };
}
