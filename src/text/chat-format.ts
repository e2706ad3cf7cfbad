/**
 * @file What can go wrong between a tokenizer, its chat template and training, found by rendering one small conversation:
 * a reply that never ends, a thought that the template opens, padding that is the end token, a switch nobody reads.
 */
import type { ChatMessage } from '../records.ts';
import { type RenderOptions, THINKING_SWITCHES } from './chat-template.ts';
import { markedChat, opensThought, type PromptTemplate } from './prompts.ts';
import type { Tokenizer } from './tokenizer.ts';

/** How a model is asked and trained, as far as its format goes. */
export interface ChatFormat {
  readonly template: PromptTemplate;
  /** What the chat template is told of thinking; nothing unless given. */
  readonly thinking?: boolean | undefined;
  /** Ids that the model has embeddings for: 0 … vocabSize − 1. */
  readonly vocabSize: number;
}

/** One thing found. */
export interface ChatFinding {
  /** `error`: training makes no sense; `warning`: it may not do what is meant; `note`: good to know. */
  readonly weight: 'error' | 'warning' | 'note';
  readonly id: string;
  readonly text: string;
  readonly remedy: string;
}

/** Id of the finding that `thinking` is set and the prompt format has no switch for it. */
export const UNREAD_SWITCH = 'unread-switch';

const ASKED: readonly ChatMessage[] = [{ role: 'user', content: 'a' }];
const REPLY = 'Zebra';

/** Tells a template, under each name that one may read it by, whether the model is to think; nothing where it is not said. */
export function thinkingOptions(thinking: boolean | undefined): Pick<RenderOptions, 'variables'> {
  if (thinking === undefined) return {};
  return { variables: Object.fromEntries(THINKING_SWITCHES.map((name) => [name, thinking])) };
}

/** Everything found, the gravest first. */
export function inspectChatFormat(tokenizer: Tokenizer, format: ChatFormat): ChatFinding[] {
  const found = [
    ...outsideVocabulary(tokenizer, format),
    ...noEndToken(tokenizer),
    ...unreadSwitch(tokenizer, format),
    ...otherEndToken(tokenizer, format),
    ...openedThought(tokenizer, format),
    ...paddingThatEnds(tokenizer, format),
  ];
  const order = ['error', 'warning', 'note'];
  return found.toSorted((a, b) => order.indexOf(a.weight) - order.indexOf(b.weight));
}

function named(tokenizer: Tokenizer, id: number): string {
  return tokenizer.tokenOf(id) ?? `no. ${id}`;
}

function outsideVocabulary(tokenizer: Tokenizer, { vocabSize }: ChatFormat): ChatFinding[] {
  const used = [...tokenizer.eosIds, tokenizer.bosId, tokenizer.padId].filter((id) => id !== undefined);
  const outside = [...new Set(used)].filter((id) => id >= vocabSize);
  return outside.map((id) => ({
    weight: 'error',
    id: `outside-vocabulary-${id}`,
    text: `the token ${named(tokenizer, id)} has the id ${id}, and the model has embeddings for ${vocabSize} ids`,
    remedy: 'Use the tokenizer that the checkpoint was trained with.',
  }));
}

function noEndToken({ eosIds }: Tokenizer): ChatFinding[] {
  if (eosIds.length > 0) return [];
  return [
    {
      weight: 'error',
      id: 'no-end-token',
      text: 'the checkpoint names no end token: every reply would go on to its token limit',
      remedy: 'Name eos_token in tokenizer_config.json, or eos_token_id in generation_config.json.',
    },
  ];
}

function unreadSwitch(tokenizer: Tokenizer, { template, thinking }: ChatFormat): ChatFinding[] {
  if (thinking === undefined) return [];
  const prompts = [true, false].map((value) =>
    template === 'chat' ? markedChat(tokenizer, ASKED, thinkingOptions(value)) : '',
  );
  if (prompts[0] !== prompts[1]) return [];
  const where = template === 'chat' ? 'the chat template' : `the template "${template}"`;
  return [
    {
      weight: 'error',
      id: UNREAD_SWITCH,
      text: `thinking: ${where} has no switch for it (${THINKING_SWITCHES.join(', ')})`,
      remedy: 'Leave thinking out, or use a checkpoint whose chat template has the switch.',
    },
  ];
}

/** The control token that the chat template writes after a reply is none that ends sampling. */
function otherEndToken(tokenizer: Tokenizer, { template }: ChatFormat): ChatFinding[] {
  if (template !== 'chat' || tokenizer.chatTemplate === undefined || tokenizer.eosIds.length === 0) return [];
  const ids = afterReply(tokenizer);
  const written = ids.find((id) => tokenizer.isControl(id));
  if (ids.some((id) => tokenizer.eosIds.includes(id))) return [];
  const ends = tokenizer.eosIds.map((id) => named(tokenizer, id)).join(', ');
  const text =
    written === undefined
      ? `the chat template ends a reply with no token; the checkpoint’s end token is ${ends}`
      : `the chat template ends a reply with ${named(tokenizer, written)}, and sampling ends at ${ends}: replies go on to the longest length`;
  const remedy =
    written === undefined
      ? `Write ${ends} after each reply in the chat template.`
      : `Add ${written} to eos_token_id in generation_config.json of the checkpoint.`;
  return [{ weight: 'warning', id: 'other-end-token', text, remedy }];
}

/** Ids of what the template writes after the content of a reply. */
function afterReply(tokenizer: Tokenizer): readonly number[] {
  const messages = [...ASKED, { role: 'assistant', content: REPLY }];
  const whole = markedChat(tokenizer, messages, { addGenerationPrompt: false });
  return [...tokenizer.encodeMarked(whole.slice(whole.lastIndexOf(REPLY) + REPLY.length))];
}

function openedThought(tokenizer: Tokenizer, { template, thinking }: ChatFormat): ChatFinding[] {
  if (template !== 'chat' || tokenizer.chatTemplate === undefined) return [];
  if (!opensThought(markedChat(tokenizer, ASKED, thinkingOptions(thinking)))) return [];
  return [
    {
      weight: 'warning',
      id: 'opened-thought',
      text: 'the chat template opens the thought: every reply begins inside it, and one without a thought closes it at once',
      remedy:
        'If that is meant, nothing is to be done. Else set thinking: false where the template has the switch, or use another template.',
    },
  ];
}

/** Nothing to mend here: the loss goes by lengths. Programs that leave out padding by its id would never train the end. */
function paddingThatEnds(tokenizer: Tokenizer, { template }: ChatFormat): ChatFinding[] {
  const { padId, eosIds } = tokenizer;
  if (template !== 'chat' || padId === undefined || !eosIds.includes(padId)) return [];
  return [
    {
      weight: 'note',
      id: 'padding-ends',
      text: `padding is the end token ${named(tokenizer, padId)}: the end of a reply is learnt all the same, since the loss goes by lengths`,
      remedy:
        'For programs that leave padding out by its id, name another pad_token in tokenizer_config.json.',
    },
  ];
}
