/**
 * @file Chat templates: a conversation rendered as the text a model was trained on, with @huggingface/jinja.
 *
 * A template is a program from a downloaded checkpoint. It reaches no file, network or JavaScript object; what it
 * can do is to spend memory and time, and it is bounded there: 100,000 characters of source without long blanks, 5 seconds, ranges of
 * 100,000, strings of 16 million characters, lists of a million items. Within these bounds it may still use some
 * hundred megabytes, and one operation on values of that size is not interrupted.
 */
import { UserError } from '../errors.ts';
import type { ChatMessage, Json } from '../records.ts';
import {
  locateSyntaxError,
  type Program,
  parseTemplate,
  renderBounded,
  TemplateLimitError,
} from './jinja-bounded.ts';

/** Options of rendering. */
export interface RenderOptions {
  /** End with the start of the assistant's turn. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Tools as JSON schemas, in the form of OpenAI's API. */
  readonly tools?: readonly Json[];
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** Further variables the template may read, e.g. `{ enable_thinking: false }`. */
  readonly variables?: { readonly [name: string]: Json };
  /** What `strftime_now` shows; give it where a run must be repeatable. Default: the clock. */
  readonly now?: Date;
  /** Milliseconds before rendering is given up. */
  readonly timeLimit?: number;
}

const MAX_SOURCE = 100_000;
/** The library looks for the end of every run of blanks from each of its characters. */
const LONG_BLANK = /\s{2000}/;
const DEFAULT_TIME_LIMIT = 5_000;

/** A chat template, parsed at its first use. */
export class ChatTemplate {
  readonly source: string;
  readonly #where: string;
  #program: Program | undefined;

  /** @param where - where the template is from, for messages */
  constructor(source: string, where: string) {
    // Jinja reads every kind of line end as \n.
    this.source = source.replace(/\r\n?/g, '\n');
    this.#where = where;
  }

  /**
   * The conversation as text.
   * @throws UserError when the template is wrong, refuses the conversation (`raise_exception`) or exceeds its bounds
   */
  render(messages: readonly ChatMessage[], options: RenderOptions = {}): string {
    this.#program ??= this.#parse();
    const variables = {
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
      ...options.variables,
      messages,
      add_generation_prompt: options.addGenerationPrompt ?? true,
      ...(options.tools === undefined ? {} : { tools: options.tools }),
    };
    try {
      return renderBounded(this.#program, variables, {
        now: options.now ?? new Date(),
        timeLimit: options.timeLimit ?? DEFAULT_TIME_LIMIT,
      });
    } catch (error) {
      const remedy =
        error instanceof TemplateLimitError
          ? 'Use the chat template of a checkpoint you trust.'
          : 'Change the conversation so that the template accepts it, or correct the template.';
      throw new UserError(`${this.#where}: ${reasonOf(error)}`, remedy, { cause: error });
    }
  }

  #parse(): Program {
    if (this.source.length > MAX_SOURCE || LONG_BLANK.test(this.source)) {
      throw new UserError(
        `${this.#where}: the chat template has more than ${MAX_SOURCE} characters, or 2000 blanks in a row`,
        'Use the chat template of a checkpoint you trust.',
      );
    }
    try {
      return parseTemplate(this.source);
    } catch (error) {
      const line = locateSyntaxError(this.source);
      const place = line === undefined ? this.#where : `${this.#where}, line ${line} of the template`;
      throw new UserError(`${place}: ${reasonOf(error)}`, 'Correct the Jinja syntax of the chat template.', {
        cause: error,
      });
    }
  }
}

/** Renders a template given as text; {@link ChatTemplate} keeps the parsed form for repeated use. */
export function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions & { readonly where?: string } = {},
): string {
  return new ChatTemplate(template, options.where ?? 'chat template').render(messages, options);
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'the chat template is nested too deeply or makes too long a text';
  return error instanceof Error ? error.message : String(error);
}
