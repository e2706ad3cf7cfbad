/**
 * @file Examples to token sequences, with what is too long dropped or cut and counted.
 */
import { placedError, UserError } from '../errors.ts';
import type { ChatMessage, Json } from '../records.ts';
import {
  encodeConversation,
  encodeDemonstration,
  type PromptTemplate,
  splitThought,
  type Tokenizer,
  type TokenSequence,
  thinkingOptions,
  thinkingSwitch,
} from '../text/index.ts';
import type { Example } from './sft-examples.ts';

export interface SequenceOptions {
  readonly tokenizer: Tokenizer;
  /** How a prompt is put to the model; conversations need `chat`. */
  readonly template: PromptTemplate;
  /** What the chat template is told of thinking; a row may say otherwise. */
  readonly thinking?: boolean | undefined;
  /** Longest sequence, tokens. */
  readonly maxLength: number;
  /** What happens to longer ones: left out, or cut at the end (the end token goes with it). */
  readonly overlong: 'drop' | 'truncate';
}

/** Encodes examples and keeps count of what it met. */
export class ExampleEncoder {
  readonly options: SequenceOptions;
  /** Sequences encoded. */
  sequences = 0;
  /** Those longer than allowed, dropped or cut. */
  overlong = 0;
  /** Those left out because no reply is left to learn after the cut. */
  untrained = 0;

  constructor(options: SequenceOptions) {
    this.options = options;
  }

  /**
   * The sequences of an example: one for a reply, none where it is too long and dropped.
   * @throws UserError naming the example's place
   */
  encode(example: Example): TokenSequence[] {
    return this.#encode(example).flatMap((sequence) => this.#fit(sequence));
  }

  #encode(example: Example): TokenSequence[] {
    const { tokenizer, template, thinking } = this.options;
    requireTemplate(example, template);
    const variables = { ...thinkingOptions(thinking).variables, ...example.variables };
    const told = Object.keys(variables).length > 0 ? { variables } : {};
    try {
      if ('prompt' in example) {
        if (hasThought({ role: 'assistant', content: example.response })) requireThinking(variables);
        return [encodeDemonstration(template, example.prompt, example.response, tokenizer, told)];
      }
      const { messages, learntFrom, tools } = example;
      if (messages.slice(learntFrom).some(hasThought)) requireThinking(variables);
      return encodeConversation(tokenizer, messages, {
        ...told,
        ...(tools !== undefined && { tools }),
        ...(learntFrom !== undefined && { learntFrom }),
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw placedError(error, `${example.place}: `);
    }
  }

  #fit(sequence: TokenSequence): TokenSequence[] {
    const { maxLength, overlong } = this.options;
    this.sequences += 1;
    if (sequence.tokens.length <= maxLength) return [sequence];
    this.overlong += 1;
    if (overlong === 'drop') return [];
    const cut = {
      tokens: sequence.tokens.slice(0, maxLength),
      trained: sequence.trained.slice(0, maxLength),
    };
    if (cut.trained.includes(1)) return [cut];
    this.untrained += 1;
    return [];
  }
}

/** Whether a message of the assistant has a thought that says something. */
function hasThought({ role, content, reasoning_content: thought }: ChatMessage): boolean {
  if (role !== 'assistant') return false;
  if (typeof thought === 'string' && thought.trim() !== '') return true;
  return typeof content === 'string' && (splitThought(content)?.thought.trim() ?? '') !== '';
}

/** Refuses a thought in a reply to a prompt that says there is none: the prompt has closed it. */
function requireThinking(variables: { readonly [name: string]: Json }): void {
  if (thinkingSwitch(variables) !== false) return;
  throw new UserError(
    'the reply has a thought, and the chat template is told that there is none',
    'Leave the thought out of the row, or thinking: false (in the row: chat_template_kwargs) out of the settings.',
  );
}

/** Refuses a conversation where the prompt template writes single questions only. */
export function requireTemplate(example: Example, template: PromptTemplate): void {
  if ('prompt' in example || template === 'chat') return;
  throw new UserError(
    `${example.place}: a conversation cannot be written with the template "${template}"`,
    'Set template to "chat", or give a prompt and a response as texts in each row.',
  );
}
