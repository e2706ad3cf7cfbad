/**
 * @file From a conversation to what the model reads: its chat template, or the prompt it was trained with.
 *
 * What messages spell is never read as a control token. What this file adds itself (an opened or closed thought) is.
 */
import type { Json } from '../../records.ts';
import {
  aroundConversation,
  type ChatMessage,
  DEFAULT_TAGS,
  ignoresTools,
  markedChat,
  markMessage,
  opensThought,
  type PromptTemplate,
  type Tokenizer,
  unmark,
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
}

const { thinkOpen, thinkClose } = DEFAULT_TAGS;

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
      return { ids: Int32Array.from(prompt.ids), prefilled: null };
  }
}

function plainText(
  { text, controlTokens }: Extract<GenerationPrompt, { kind: 'text' }>,
  { tokenizer }: Prompting,
  context: number,
) {
  requireReadable(text, context);
  const ids = tokenizer.encode(text, { addSpecial: true, special: controlTokens === true });
  return { ids, prefilled: null };
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
  const marked = withThinking(prompt, prompting);
  const text = prompt.continueLast === true ? continued(marked, prompt.messages, tokenizer) : marked;
  requireReadable(text, context);
  return {
    ids: tokenizer.encodeMarked(text, { addSpecial: template !== 'chat' }),
    prefilled: opensThought(unmark(text)),
  };
}

/** The rendered conversation with the thought opened or closed as asked for. */
function withThinking(prompt: ChatPrompt, prompting: Prompting): string {
  const wanted =
    prompt.thinking ?? (prompting.thinking === 'auto' ? undefined : prompting.thinking === 'always');
  if (wanted === undefined) return render(prompt, prompting, {});
  // Qwen3 and DeepSeek-V3.1 name the switch differently; a template that knows neither renders the same.
  const switched = render(prompt, prompting, { enable_thinking: wanted, thinking: wanted });
  if (wanted) return opensThought(unmark(switched)) ? switched : `${switched}${gap(switched)}${thinkOpen}\n`;
  if (opensThought(unmark(switched))) return `${switched.trimEnd()}\n\n${thinkClose}\n\n`;
  if (switched !== render(prompt, prompting, {})) return switched;
  return `${switched}${gap(switched)}${thinkOpen}\n\n${thinkClose}\n\n`;
}

/** Words of templates that end in a colon stand apart from what follows. */
function gap(text: string): string {
  return text.endsWith(':') ? ' ' : '';
}

function render(prompt: ChatPrompt, prompting: Prompting, extra: { readonly [name: string]: Json }): string {
  const { tokenizer, template } = prompting;
  const source = template === 'chat' ? (tokenizer.chatTemplate?.source ?? '') : '';
  if (ignoresTools(prompt.tools, source)) {
    throw new GenerationError('invalid', 'This model’s chat template knows no tools: ask without `tools`.');
  }
  const messages = prompt.continueLast === true ? prompt.messages.slice(0, -1) : prompt.messages;
  if (template !== 'chat') {
    return aroundConversation(
      template,
      messages.map((message) => markMessage(message, tokenizer.control)),
    );
  }
  return markedChat(tokenizer, messages, {
    variables: { ...extra, ...prompt.variables },
    ...(prompt.tools === undefined ? {} : { tools: prompt.tools }),
  });
}

/** The beginning of the assistant's message, as if the model had written it. */
function continued(marked: string, messages: readonly ChatMessage[], tokenizer: Tokenizer): string {
  const last = messages.at(-1)!;
  const reasoning = typeof last.reasoning_content === 'string' ? last.reasoning_content : null;
  const content = tokenizer.control.mark(typeof last.content === 'string' ? last.content : '');
  const open = opensThought(unmark(marked));
  if (reasoning === null)
    return open ? `${marked.trimEnd()}\n\n${thinkClose}\n\n${content}` : marked + content;
  const thought = tokenizer.control.mark(reasoning);
  return `${marked}${open ? '' : `${gap(marked)}${thinkOpen}\n`}${thought}\n${thinkClose}\n\n${content}`;
}
