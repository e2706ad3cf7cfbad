/** @file Settings of a conversation, and their syntax. */

import type { ChatMessage } from '../../text/index.ts';
import type { GenerationRequest, SamplingDefaults } from '../backend.ts';

export interface ChatSettings {
  /** 0 is greedy; null: as each model has it. */
  readonly temperature: number | null;
  /** null: as each model has it. */
  readonly topP: number | null;
  /** 0 keeps all; null: as each model has it. */
  readonly topK: number | null;
  /** Of thinking and answer together; null: what the context holds. */
  readonly maxTokens: number | null;
  /** Tokens after which a thought is closed for the model; null: never. */
  readonly thinkingBudget: number | null;
  /** null: another one for each reply. */
  readonly seed: number | null;
  /** What stands before the conversation as the system's message. */
  readonly system: string | null;
}

type Change = Partial<ChatSettings>;

interface Setting {
  readonly name: string;
  /** What may be given, for messages. */
  readonly takes: string;
  readonly show: (settings: ChatSettings) => string;
  /** null where the text is no such value. */
  readonly read: (text: string) => Change | null;
}

/** What stands for null. */
const NONE = 'none';

/** What stands for null where each model has its own. */
const OWN = 'own';

const shownOwn = (value: number | null): string => (value === null ? OWN : String(value));

const shown = (value: number | null): string => (value === null ? NONE : String(value));

function number(text: string, isRight: (value: number) => boolean): number | null {
  const value = /^[\d.]/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) && isRight(value) ? value : null;
}

const wholeFrom = (least: number) => (value: number) => Number.isSafeInteger(value) && value >= least;

/** A number or `none`. */
function optional(text: string, least: number, change: (value: number | null) => Change): Change | null {
  if (text === NONE) return change(null);
  const value = number(text, wholeFrom(least));
  return value === null ? null : change(value);
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'temperature',
    takes: 'a number from 0 to 2, or own for the model’s; 0 takes the most probable token',
    show: ({ temperature }) => shownOwn(temperature),
    read: (text) => {
      if (text === OWN) return { temperature: null };
      const temperature = number(text, (value) => value >= 0 && value <= 2);
      return temperature === null ? null : { temperature };
    },
  },
  {
    name: 'top-p',
    takes: 'a number above 0 up to 1, or own for the model’s',
    show: ({ topP }) => shownOwn(topP),
    read: (text) => {
      if (text === OWN) return { topP: null };
      const topP = number(text, (value) => value > 0 && value <= 1);
      return topP === null ? null : { topP };
    },
  },
  {
    name: 'top-k',
    takes: 'a whole number from 0, which keeps all, or own for the model’s',
    show: ({ topK }) => shownOwn(topK),
    read: (text) => {
      if (text === OWN) return { topK: null };
      const topK = number(text, wholeFrom(0));
      return topK === null ? null : { topK };
    },
  },
  {
    name: 'max-tokens',
    takes: 'a whole number from 1, or none',
    show: ({ maxTokens }) => shown(maxTokens),
    read: (text) => optional(text, 1, (maxTokens) => ({ maxTokens })),
  },
  {
    name: 'thinking-budget',
    takes: 'a whole number from 0, or none',
    show: ({ thinkingBudget }) => shown(thinkingBudget),
    read: (text) => optional(text, 0, (thinkingBudget) => ({ thinkingBudget })),
  },
  {
    name: 'seed',
    takes: 'a whole number from 0, or none for another one each time',
    show: ({ seed }) => shown(seed),
    read: (text) => optional(text, 0, (seed) => ({ seed })),
  },
  {
    name: 'system',
    takes: 'the text of the system’s message, or none',
    show: ({ system }) => (system === null ? NONE : system),
    read: (text) => ({ system: text === NONE ? null : text }),
  },
];

/** What came of `/set`: other settings, a text to show, or what was wrong. */
export type SetResult =
  | { readonly settings: ChatSettings; readonly text: string }
  | { readonly text: string }
  | { readonly problem: string };

/** Carries `/set` out: nothing lists all, a name shows one, a name and a value changes it. */
export function changeSetting(settings: ChatSettings, argument: string): SetResult {
  if (argument === '') return { text: settingsText(settings) };
  const [, name = '', value = ''] = /^(\S+)\s*(.*)$/s.exec(argument) ?? [];
  const setting = SETTINGS.find((one) => one.name === name);
  if (setting === undefined) {
    return { problem: `No setting ${name}. There are ${SETTINGS.map((one) => one.name).join(', ')}.` };
  }
  if (value === '') return { text: `${name} ${setting.show(settings)}` };
  const change = setting.read(value);
  if (change === null) return { problem: `${name} ${value}: expected ${setting.takes}.` };
  const changed = { ...settings, ...change };
  return { settings: changed, text: `${name} ${setting.show(changed)}` };
}

/** All settings, one a line. */
export function settingsText(settings: ChatSettings): string {
  const width = Math.max(...SETTINGS.map(({ name }) => name.length));
  return SETTINGS.map(({ name, show }) => `${name.padEnd(width)}  ${show(settings)}`).join('\n');
}

/** Of one reply. */
export interface RequestOptions {
  /** How many replies to the same message came before: each has a seed of its own. */
  readonly attempt: number;
  /** false closes the thought before it begins; null leaves it to the model. */
  readonly thinking: false | null;
  /** What the model is sampled with where the settings do not say. */
  readonly own: SamplingDefaults;
}

/** The request for the next reply. */
export function requestOf(
  settings: ChatSettings,
  turns: readonly ChatMessage[],
  { attempt, thinking, own }: RequestOptions,
): GenerationRequest {
  const { maxTokens, thinkingBudget, seed, system } = settings;
  const messages = system === null ? turns : [{ role: 'system', content: system }, ...turns];
  return {
    prompt: { kind: 'chat', messages, ...(thinking === null ? {} : { thinking }) },
    n: 1,
    sampling: {
      temperature: settings.temperature ?? own.temperature,
      topP: settings.topP ?? own.topP,
      topK: settings.topK ?? own.topK,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: {},
      seed: seed === null ? null : (seed + attempt) % Number.MAX_SAFE_INTEGER,
    },
    limits: { maxTokens, maxAnswerTokens: null, maxThinkingTokens: thinkingBudget },
    stop: [],
    // Of the chosen token alone: the events then tell each token, and the thought's can be counted as they come.
    topLogprobs: 0,
    format: { type: 'text' },
  };
}
