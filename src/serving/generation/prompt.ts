/**
 * @file From a conversation to what the model reads: its chat template, or the prompt it was trained with.
 *
 * What messages spell is never read as a control token. What this file adds itself (an opened or closed thought) is.
 * A thought is opened and closed once, whatever of it the template writes by itself.
 */
import type { Json } from '../../records.ts';
import {
  aroundConversation,
  type ChatMessage,
  DEFAULT_TAGS,
  ignoresTools,
  markContent,
  markedChat,
  markMessage,
  opensThought,
  type PromptTemplate,
  parseSpelled,
  splitThought,
  THINKING_SWITCHES,
  type Tokenizer,
  thinkingSwitch,
} from '../../text/index.ts';
import { GenerationError, type GenerationPrompt } from '../backend.ts';

/** How prompts are put to a model. */
export interface Prompting {
  readonly tokenizer: Tokenizer;
  /** `chat`, or the template of a model without one. */
  readonly template: PromptTemplate;
  /** `always` opens the thought where the template does not; `never` closes it before it begins. */
  readonly thinking: 'auto' | 'always' | 'never';
}

/** What the model reads. */
export interface PreparedPrompt {
  readonly ids: Int32Array;
  /** The reply begins inside a thought; null after a plain text, whose reply is not taken apart. */
  readonly prefilled: boolean | null;
  /** The reply goes on in the middle of a thought: blanks that it begins with belong to it. */
  readonly midThought: boolean;
  /** The beginning of the answer that the reply continues; left out where it begins one. */
  readonly written?: string;
}

const { thinkOpen, thinkClose, answerOpen, answerClose } = DEFAULT_TAGS;

/**
 * Characters read for each token of the context. Text has three to five to a token; what has more than this on the
 * whole length of a context is no prompt, and tokenising it can hold up every reply of the model for minutes.
 */
const CHARACTERS_PER_TOKEN = 16;

type ChatPrompt = Extract<GenerationPrompt, { kind: 'chat' }>;

/**
 * @param context - longest prompt and reply together, in tokens
 * @throws GenerationError (invalid) where the template refuses the conversation or the prompt has no token,
 *   (context_length) where its text is far too long to be read
 */
export function preparePrompt(
  prompt: GenerationPrompt,
  prompting: Prompting,
  context: number,
): PreparedPrompt {
  const prepared = prepare(prompt, prompting, context);
  if (prepared.ids.length === 0) throw new GenerationError('invalid', 'The prompt has no token.');
  return prepared;
}

function prepare(prompt: GenerationPrompt, prompting: Prompting, context: number): PreparedPrompt {
  switch (prompt.kind) {
    case 'chat':
      return chat(prompt, prompting, context);
    case 'text':
      return plainText(prompt, prompting, context);
    case 'tokens':
      return { ids: Int32Array.from(prompt.ids), prefilled: null, midThought: false };
  }
}

function plainText(
  { text, controlTokens }: Extract<GenerationPrompt, { kind: 'text' }>,
  { tokenizer }: Prompting,
  context: number,
) {
  requireReadable(text, context);
  const ids = tokenizer.encode(text, { addSpecial: true, special: controlTokens === true });
  return { ids, prefilled: null, midThought: false };
}

/**
 * Whether a model is led to write its answer in answer tags: its prompt asks for them, or they are words of its
 * vocabulary.
 */
export function writesAnswerTags({ tokenizer, template }: Prompting): boolean {
  if (template.startsWith('r1-zero')) return true;
  if ([answerOpen, answerClose].every((tag) => tokenizer.idOf(tag) !== undefined)) return true;
  return template === 'chat' && (tokenizer.chatTemplate?.source.includes(answerOpen) ?? false);
}

function requireReadable({ length }: string, context: number): void {
  const most = CHARACTERS_PER_TOKEN * context;
  if (length <= most) return;
  throw new GenerationError(
    'context_length',
    contextExceeded(context, `the prompt has ${length} characters, and at most ${most} are read`),
  );
}

/** OpenAI's words, by which clients (LiteLLM, LangChain) tell this failure from other bad requests. */
export function contextExceeded(context: number, however: string): string {
  return `This model's maximum context length is ${context} tokens. However, ${however}. Shorten the prompt.`;
}

function chat(prompt: ChatPrompt, prompting: Prompting, context: number): PreparedPrompt {
  const { tokenizer, template } = prompting;
  const { text, ...start } = started(prompt, prompting);
  requireReadable(text, context);
  return { ids: tokenizer.encodeMarked(text, { addSpecial: template !== 'chat' }), ...start };
}

/** A marked prompt, and where its reply begins. */
interface Started extends Omit<PreparedPrompt, 'ids'> {
  readonly text: string;
}

/** The conversation with the beginning of the reply, as far as the template, the wish or the last message give one. */
function started(prompt: ChatPrompt, prompting: Prompting): Started {
  const wanted = wish(prompt, prompting);
  const written = prompt.continueLast === true ? writtenSoFar(prompt.messages.at(-1)!, wanted) : null;
  if (written === null) {
    const text = withThinking(prompt, prompting, wanted);
    return { text, prefilled: opensThought(text), midThought: false };
  }
  const { control } = prompting.tokenizer;
  const { thought, content } = written;
  if (thought === null) {
    const before = withThinking(prompt, prompting, wanted);
    const start = opensThought(before) ? closeThought(before) : before;
    const space = /^\s/.test(content) ? '' : gap(start, prompting);
    const text = `${start}${space}${markContent(content, control)}`;
    return { text, prefilled: false, midThought: false, written: content };
  }
  const opened = openThought(withThinking(prompt, prompting, wanted ?? true), prompting);
  const text = opened + control.mark(/\s$/.test(opened) ? thought.trimStart() : thought);
  if (content === null) return { text, prefilled: true, midThought: thought.trim() !== '' };
  const closed = `${text}${thinkClose}${markContent(content, control)}`;
  return { text: closed, prefilled: false, midThought: false, written: content };
}

/** Whether the request, else the server, wants a thought; undefined leaves it to the template. */
function wish({ thinking, variables }: ChatPrompt, prompting: Prompting): boolean | undefined {
  const asked = thinking ?? thinkingSwitch(variables);
  if (asked !== null) return asked;
  return prompting.thinking === 'auto' ? undefined : prompting.thinking === 'always';
}

/** What an assistant's message holds that is to be gone on with. */
type Written =
  | { readonly thought: null; readonly content: string }
  /** `content` is what follows the closing tag; null where the thought goes on. */
  | { readonly thought: string; readonly content: string | null };

const AFTER_THOUGHT = '\n\n';

/**
 * The thought and answer of the message to go on with; null where it says nothing. A thought stands in
 * `reasoning_content`, or in tags that the content begins with. Tags elsewhere are text, and so are all of them where no
 * thought is wanted.
 */
function writtenSoFar(last: ChatMessage, wanted: boolean | undefined): Written | null {
  const reasoning = typeof last.reasoning_content === 'string' ? last.reasoning_content : '';
  const content = typeof last.content === 'string' ? last.content : '';
  if (reasoning.trim() !== '') {
    const goesOn = content === '' && wanted !== false;
    return goesOn
      ? { thought: reasoning, content: null }
      : { thought: `${reasoning}\n`, content: AFTER_THOUGHT + content };
  }
  if (content === '') return null;
  const inTags = wanted === false ? null : splitThought(content);
  // A message that does not open a thought only mentions the tags.
  if (inTags === null || inTags.before === '') return { thought: null, content };
  const { thought, after } = inTags;
  return { thought, content: after?.trim() === '' ? AFTER_THOUGHT : after };
}

/** The rendered conversation with the thought opened or closed as asked for. */
function withThinking(prompt: ChatPrompt, prompting: Prompting, wanted: boolean | undefined): string {
  if (wanted === undefined) return render(prompt, prompting, {});
  // A template that knows none of the names renders the same.
  const switches = Object.fromEntries(THINKING_SWITCHES.map((name) => [name, wanted]));
  const switched = render(prompt, prompting, switches);
  if (wanted) return openThought(switched, prompting);
  if (opensThought(switched)) return closeThought(switched);
  if (prompting.template === 'chat') {
    if (CLOSED_THOUGHT.test(switched)) return switched;
    if (switched !== render(prompt, prompting, {})) return switched;
  }
  return closeThought(openThought(switched, prompting));
}

/** A thought that a template closes: one without words, or one that the template opens nowhere. */
const CLOSED_THOUGHT = /(?:<think>\s*)?<\/think>\s*$/;

/** The prompt with a thought opened at its end, in place of one that is closed there. */
function openThought(text: string, prompting: Prompting): string {
  if (opensThought(text)) return text;
  const before = prompting.template === 'chat' ? text.replace(CLOSED_THOUGHT, '') : text;
  return `${before}${gap(before, prompting)}${thinkOpen}\n`;
}

function closeThought(opened: string): string {
  return `${opened.trimEnd()}\n\n${thinkClose}${AFTER_THOUGHT}`;
}

/** What stands between a prompt and the reply: words that end in a colon stand apart from what follows. */
function gap(text: string, { template }: Prompting): string {
  if (template === 'raw') return /(?:^|\s)$/.test(text) ? '' : '\n';
  return text.endsWith(':') ? ' ' : '';
}

function render(prompt: ChatPrompt, prompting: Prompting, extra: { readonly [name: string]: Json }): string {
  const { tokenizer, template } = prompting;
  const source = template === 'chat' ? (tokenizer.chatTemplate?.source ?? '') : '';
  if (ignoresTools(prompt.tools, source)) {
    throw new GenerationError(
      'invalid',
      'This model’s chat template knows no tools: ask without `tools`, or ask another model.',
    );
  }
  const messages = prompt.continueLast === true ? prompt.messages.slice(0, -1) : prompt.messages;
  if (template !== 'chat') {
    return aroundConversation(
      template,
      messages.map((message) => markMessage(message, tokenizer.control)),
    );
  }
  const isSwitch = (name: string) => (THINKING_SWITCHES as readonly string[]).includes(name);
  const others = Object.entries(prompt.variables ?? {}).filter(([name]) => !isSwitch(name));
  return markedChat(tokenizer, messages, {
    variables: { ...Object.fromEntries(others), ...extra },
    ...(prompt.tools === undefined ? {} : { tools: spelledTools(prompt.tools, prompt.toolsText) }),
  });
}

function spelledTools(tools: readonly Json[], text: string | undefined): readonly Json[] {
  return text === undefined ? tools : (parseSpelled(text) as readonly Json[]);
}
