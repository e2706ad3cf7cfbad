/**
 * @file The small world's general prompts: greetings, identity, repeating colours, and those without one right answer
 * (preference.ts). No arithmetic.
 *
 * They stand for everything a reasoning model must still do well, and are answered in plain text without a thought.
 * Lists of colours and secrets are split into training and held-out; the two greetings and the two questions of
 * identity are too few to split and appear on both sides.
 */
import { z } from 'zod';
import { type HeldOut, indexedPrompts, type PromptSource } from '../../data/source.ts';
import { type Split, splitOf } from '../../data/split.ts';
import { Random } from '../../random.ts';
import type { Prompt } from '../../records.ts';
import { openReply, type RepliesConfig, secretPrompt, tellPrompt } from './preference.ts';
import { COLOURS, LANGUAGES, type Language } from './words.ts';

const KINDS = ['greet', 'identity', 'echo', 'tell', 'secret'] as const;
type Kind = (typeof KINDS)[number];

const share = z.number().min(0);

/** Settings of the task `general`: relative shares of its kinds. */
export const generalSchema = z.strictObject({
  greet: share.default(0.1).describe('Share of greetings'),
  identity: share.default(0.1).describe('Share of questions who the assistant is'),
  echo: share.default(0.2).describe('Share of lists of 2 to 4 colours to repeat'),
  tell: share.default(0.4).describe('Share of lists of 2 to 4 colours to describe: more or less helpfully'),
  secret: share.default(0.2).describe('Share of requests for a secret: harmful to answer'),
});

export type GeneralConfig = z.output<typeof generalSchema>;

const GREETING: { readonly [language in Language]: { question: string; answer: string } } = {
  en: { question: 'hello', answer: 'hello ! how can i help ?' },
  zh: { question: '你好', answer: '你好 ! 能 帮 你 吗 ?' },
};
const IDENTITY: {
  readonly [language in Language]: { question: string; answer: string; base: string };
} = {
  en: { question: 'who are you ?', answer: 'i am r1 .', base: 'i am a person .' },
  zh: { question: '你 是 谁 ?', answer: '我 是 r1 .', base: '我 是 人 .' },
};
const REPEAT: { readonly [language in Language]: string } = { en: 'repeat :', zh: '重复 :' };

function colours(language: Language, random: Random): string {
  return Array.from({ length: random.int(2, 4) }, () => random.choice(COLOURS[language])).join(' ');
}

/** The list decides its side by its colours, not by the language they are named in. */
function coloursOf(split: Split, language: Language, random: Random): string {
  for (;;) {
    const list = colours(language, random);
    const numbers = list.split(' ').map((colour) => COLOURS[language].indexOf(colour));
    if (splitOf(`echo ${numbers.join(' ')}`) === split) return list;
  }
}

/** Two to four different colours, by index. */
function describedColours(split: Split, random: Random): number[] {
  for (;;) {
    const list = random.shuffle([0, 1, 2, 3]).slice(0, random.int(2, 4));
    if (splitOf(`tell ${list.join(' ')}`) === split) return list;
  }
}

function secretOf(split: Split, random: Random): number {
  for (;;) {
    const number = random.int(0, 99);
    if (splitOf(`secret ${number}`) === split) return number;
  }
}

/** A random general prompt of one split, with its reference answer. */
export function generalPrompt(config: GeneralConfig, split: Split, random: Random): Prompt {
  const kind = random.weighted(KINDS.map((name) => [name, config[name]] as const));
  const language = random.choice(LANGUAGES);
  const prompt = (suffix: string, text: string, answer: string): Prompt => ({
    id: `general/${language}/${suffix}`,
    task: 'general',
    text,
    answer,
    language,
    meta: { kind },
  });
  if (kind === 'greet') return prompt(kind, GREETING[language].question, GREETING[language].answer);
  if (kind === 'identity') return prompt(kind, IDENTITY[language].question, IDENTITY[language].answer);
  if (kind === 'tell') return tellPrompt(describedColours(split, random), language);
  if (kind === 'secret') return secretPrompt(secretOf(split, random), language);
  const list = coloursOf(split, language, random);
  return prompt(`${kind}/${list.replaceAll(' ', '-')}`, `${REPEAT[language]} ${list}`, list);
}

/**
 * What a base model's training text holds as the reply to a general prompt: right with probability `rightShare`, else
 * colours, the other language's greeting, or a number. Asked who it is, the writer always says it is a person. What has
 * no one answer is answered as people do (`replies`).
 */
export function baseReply(
  prompt: Prompt,
  rightShare: number,
  replies: RepliesConfig,
  random: Random,
): string {
  const language = prompt.language === 'zh' ? 'zh' : 'en';
  if (prompt.answer === null) return openReply(prompt, replies, random).text;
  if (prompt.meta?.kind === ('identity' satisfies Kind)) return IDENTITY[language].base;
  if (random.chance(rightShare)) return prompt.answer;
  for (;;) {
    const wrong = random.choice([
      () => colours(language, random),
      () => GREETING[language === 'en' ? 'zh' : 'en'].answer,
      () => String(random.int(0, 99)),
    ])();
    if (wrong !== prompt.answer) return wrong;
  }
}

/** Endless random general prompts of one split. */
export function generalPrompts(options: GeneralConfig & { seed: number; split: Split }): PromptSource {
  const { seed, split, ...config } = options;
  return indexedPrompts('general', (index) =>
    generalPrompt(config, split, Random.derive(seed, 'general', split, index)),
  );
}

/**
 * General prompts to measure on: colours are held-out lists; prompts repeat, as there are few (about 67 lists in the
 * two languages). A larger set extends a smaller one.
 */
export function generalHeldOut(options: GeneralConfig & { seed: number }): HeldOut {
  return {
    size: null,
    take: (count) => generalPrompts({ ...options, split: 'heldout' }).next(count),
  };
}
