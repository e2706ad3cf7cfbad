/**
 * @file Chat templates: a conversation rendered as the text a model was trained on, as transformers renders it.
 *
 * A template is a program from a downloaded checkpoint. It reaches no file, network or JavaScript object; what it
 * can do is to spend memory and time, and it is bounded there: 100,000 characters of source, 5 seconds, ranges of
 * 100,000, strings of 16 million characters, lists of a million items. Within these bounds it may still use some
 * hundred megabytes, and one operation on values of that size is not interrupted.
 */
import { UserError } from '../errors.ts';
import type { ChatMessage, Json } from '../records.ts';
import {
  type Body,
  parseTemplate,
  type Rendering,
  renderTemplate,
  TemplateError,
  TemplateLimitError,
  TemplateRefusal,
  TemplateSyntaxError,
  toValue,
} from './jinja/index.ts';

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

/** Names under which templates read whether the model is to think: Qwen3's and DeepSeek-V3.1's. */
export const THINKING_SWITCHES = ['enable_thinking', 'thinking'] as const;

/** What variables of a template say of thinking; the first name counts. null: nothing. */
export function thinkingSwitch(variables: { readonly [name: string]: unknown } | null | undefined) {
  const said = THINKING_SWITCHES.map((name) => variables?.[name]);
  return said.find((value) => typeof value === 'boolean') ?? null;
}

const MAX_SOURCE = 100_000;
const DEFAULT_TIME_LIMIT = 5_000;

/** A chat template, parsed at its first use. */
export class ChatTemplate {
  readonly source: string;
  readonly #where: string;
  #parsed: Body | undefined;

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
    return this.#render(messages, options).text;
  }

  /**
   * The first of several forms of a conversation that the template takes: it renders, and writes no None, list or dict
   * in Python's spelling. Where each form has such texts, the form with the fewest.
   * @throws UserError that of the first form, where the template takes none
   */
  renderOneOf(forms: readonly (readonly ChatMessage[])[], options: RenderOptions = {}): string {
    let best: Rendering | undefined;
    let failure: unknown;
    for (const form of forms) {
      try {
        const rendering = this.#render(form, options);
        if (rendering.pythonTexts < (best?.pythonTexts ?? Number.POSITIVE_INFINITY)) best = rendering;
        if (best?.pythonTexts === 0) break;
      } catch (error) {
        // Another form would take as long.
        if (error instanceof UserError && error.cause instanceof TemplateLimitError) throw error;
        failure ??= error;
      }
    }
    if (best === undefined) throw failure;
    return best.text;
  }

  #render(messages: readonly ChatMessage[], options: RenderOptions): Rendering {
    this.#parsed ??= this.#parse();
    // transformers always passes tools and documents, as None where there are none.
    const variables = {
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
      documents: null,
      ...options.variables,
      messages,
      tools: options.tools ?? null,
      add_generation_prompt: options.addGenerationPrompt ?? true,
    };
    try {
      const values = Object.entries(variables).map(([name, value]) => [name, toValue(value)] as const);
      return renderTemplate(this.#parsed, new Map(values), {
        now: options.now ?? new Date(),
        timeLimit: options.timeLimit ?? DEFAULT_TIME_LIMIT,
      });
    } catch (error) {
      const remedy =
        error instanceof TemplateLimitError
          ? 'Use the chat template of a checkpoint you trust.'
          : 'Change the conversation so that the template accepts it, or correct the template.';
      // A refusal is about the conversation; any other error has a place in the template.
      const line =
        error instanceof TemplateError && !(error instanceof TemplateRefusal) ? error.line : undefined;
      throw new UserError(`${this.#place(line)}: ${reasonOf(error)}`, remedy, { cause: error });
    }
  }

  #parse(): Body {
    if (this.source.length > MAX_SOURCE) {
      throw new UserError(
        `${this.#where}: the chat template has more than ${MAX_SOURCE} characters`,
        'Use the chat template of a checkpoint you trust.',
      );
    }
    try {
      return parseTemplate(this.source);
    } catch (error) {
      const line = error instanceof TemplateSyntaxError ? error.line : undefined;
      throw new UserError(
        `${this.#place(line)}: ${reasonOf(error)}`,
        'Correct the Jinja syntax of the chat template.',
        { cause: error },
      );
    }
  }

  #place(line: number | undefined): string {
    return line === undefined ? this.#where : `${this.#where}, line ${line} of the template`;
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
