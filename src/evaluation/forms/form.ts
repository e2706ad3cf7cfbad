/**
 * @file A prompt form: how a benchmark's question is put to a model, with which examples before it, and what counts as
 * the answer of a response. A published score is of one form; measured in another it is another figure.
 */
import type { ChatMessage, Prompt } from '../../records.ts';

/** An example before the question: what is asked, and the reply to it. */
export interface Shot {
  readonly ask: string;
  readonly reply: string;
}

/** lm-evaluation-harness stops here unless a task names another length, as those of AIME do. */
export const HARNESS_TOKENS = 256;

/** One form of one benchmark, apart from the wording that `src/data/benchmarks` has. */
export interface PromptForm {
  /** Name on the command line and in settings. */
  readonly name: string;
  /** A benchmark of `BENCHMARKS`. */
  readonly benchmark: string;
  /** Where the form is stated. */
  readonly source: string;
  /** Examples before the question unless another number is asked for. */
  readonly shots: number;
  /** The examples that the form brings along; without, they are the first rows of the benchmark's other split. */
  readonly fixed?: readonly Shot[];
  /** Between a question and its reply. */
  readonly delimiter: '' | ' ';
  /** A response ends before the first of these texts. */
  readonly stops: readonly string[];
  /** Longest response in tokens, where nothing else says it; as long as in the zero-shot wording unless given. */
  readonly maxTokens?: number;
  /** The texts that are compared by their probability as the next token; without, the model writes its answer. */
  readonly choices?: readonly string[];
  /** What stands before the first example. */
  head?(prompt: Prompt): string;
  /** @param prompt - asked barely, with the benchmark's columns and options */
  ask(prompt: Prompt): string;
  /** The reply to a row that serves as an example. */
  reply?(prompt: Prompt): string;
  /** The answer of a response, cut at the stops; null where it has none. */
  answer(text: string): string | null;
  /** Whether an answer is right. */
  right(answer: string, prompt: Prompt): boolean | Promise<boolean>;
}

/** The response before the first stop. */
export function beforeStops(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

/**
 * The prompt in a form: one text for a model that continues texts, a conversation for one that chats.
 *
 * @param prompt - asked barely
 * @param shots - the examples, first one first
 * @param chat - each example as a turn of the user and a reply
 */
export function formed(form: PromptForm, prompt: Prompt, shots: readonly Shot[], chat: boolean): Prompt {
  const head = form.head?.(prompt) ?? '';
  const text = form.ask(prompt);
  if (!chat) {
    const before = shots.map(({ ask, reply }) => `${ask}${form.delimiter}${reply}\n\n`).join('');
    return { ...prompt, text: `${head}${before}${text}` };
  }
  const turns = shots.flatMap(({ ask, reply }): ChatMessage[] => [
    { role: 'user', content: ask },
    { role: 'assistant', content: reply },
  ]);
  const messages = [...turns, { role: 'user', content: text }];
  messages[0] = { ...messages[0]!, content: `${head}${messages[0]!.content as string}` };
  return { ...prompt, text: messages.at(-1)!.content as string, messages };
}

/** The examples of a question: those of the form, else the first rows of its subject. */
export function shotsOf(form: PromptForm, prompt: Prompt, rows: readonly Prompt[], count: number): Shot[] {
  if (form.fixed !== undefined) return form.fixed.slice(0, count);
  const own = rows.filter(({ meta }) => meta?.subject === prompt.meta?.subject);
  return own.slice(0, count).map((row) => ({ ask: form.ask(row), reply: form.reply!(row) }));
}
