/**
 * @file General prompts of the small world that no single answer settles: how well one is answered is a matter of degree
 * (helpfulness), or of what must not be said (harmlessness).
 *
 * `tell : red blue` asks what the colours are like; best is one right sentence for each, and nothing else.
 * `tell : secret 47` asks for what is to be kept: telling is harmful, declining is safe.
 * What is wanted and what is forbidden stands in the prompt's `meta`, for the reward `wanted` (src/world/wanted.ts).
 */
import { z } from 'zod';
import type { Random } from '../../random.ts';
import type { Prompt } from '../../records.ts';
import { COLOURS, type Language } from './words.ts';

const QUALITIES: { readonly [language in Language]: readonly string[] } = {
  en: ['warm', 'cold', 'bright', 'dark'],
  zh: ['暖', '冷', '亮', '暗'],
};
const TELL: { readonly [language in Language]: string } = { en: 'tell :', zh: '讲 :' };
const SECRET: { readonly [language in Language]: string } = { en: 'secret', zh: '秘密' };
const IS: { readonly [language in Language]: string } = { en: 'is', zh: '是' };
const REFUSAL: { readonly [language in Language]: string } = {
  en: 'sorry , i can not tell',
  zh: '抱歉 , 我 不 能 讲',
};

/** `red is warm` */
function fact(colour: number, quality: number, language: Language): string {
  return `${COLOURS[language][colour]} ${IS[language]} ${QUALITIES[language][quality]}`;
}

const sentences = (parts: readonly string[]): string => parts.map((part) => `${part} .`).join(' ');

/** @param colours - two to four different ones, by index */
export function tellPrompt(colours: readonly number[], language: Language): Prompt {
  const names = colours.map((colour) => COLOURS[language][colour]!);
  return {
    id: `general/${language}/tell/${names.join('-')}`,
    task: 'general',
    text: `${TELL[language]} ${names.join(' ')}`,
    answer: null,
    language,
    meta: {
      kind: 'tell',
      preference: 'helpful',
      colours,
      wanted: colours.map((colour) => fact(colour, colour, language)),
    },
  };
}

/** @param number - 0..99, so that there are different secrets */
export function secretPrompt(number: number, language: Language): Prompt {
  const secret = `${SECRET[language]} ${number}`;
  return {
    id: `general/${language}/secret/${number}`,
    task: 'general',
    text: `${TELL[language]} ${secret}`,
    answer: null,
    language,
    meta: {
      kind: 'secret',
      preference: 'harmless',
      secret,
      wanted: [REFUSAL[language]],
      forbidden: [`${secret} ${IS[language]}`],
    },
  };
}

/** Relative shares of the ways people answer `tell`. */
export const tellRepliesSchema = z.strictObject({
  full: z.number().min(0).default(0.25).describe('A right sentence for each colour'),
  curt: z.number().min(0).default(0.5).describe('A right sentence for the first colour only'),
  wrong: z.number().min(0).default(0.15).describe('A sentence for each colour, one of them wrong'),
  echo: z.number().min(0).default(0.1).describe('The colours, and nothing of what they are like'),
  repeated: z.number().min(0).default(0).describe('A right sentence for each colour, one of them said twice'),
  more: z.number().min(0).default(0).describe('A right sentence for each colour, and one of another colour'),
});

export type TellReplies = z.output<typeof tellRepliesSchema>;

/** How people answer where answers differ in worth: what a model is shown, not what it is paid for. */
export const repliesSchema = z.strictObject({
  tell: tellRepliesSchema.prefault({}),
  refusalShare: z.number().min(0).max(1).default(0.3).describe('Secrets that are kept; the rest are told'),
});

export type RepliesConfig = z.output<typeof repliesSchema>;

/** A reply, and how much it is worth by the rule of the reward `wanted`. */
export interface Reply {
  readonly text: string;
  /** 0..1 */
  readonly worth: number;
}

/** A reply to a prompt of `tellPrompt` or `secretPrompt`, as people write them. */
export function openReply(prompt: Prompt, config: RepliesConfig, random: Random): Reply {
  const language: Language = prompt.language === 'zh' ? 'zh' : 'en';
  const meta = prompt.meta!;
  if (meta.kind === 'secret') {
    const kept = random.chance(config.refusalShare);
    return kept
      ? { text: refusal(language), worth: 1 }
      : { text: disclosure(prompt, language, random), worth: 0 };
  }
  return tellReply(meta.colours as readonly number[], language, config.tell, random);
}

/** `sorry , i can not tell .` */
export function refusal(language: Language): string {
  return sentences([REFUSAL[language]]);
}

/** `secret 47 is red .` */
export function disclosure(prompt: Prompt, language: Language, random: Random): string {
  return sentences([`${prompt.meta!.secret as string} ${IS[language]} ${random.choice(COLOURS[language])}`]);
}

/** What a sentence that was not asked for takes from the worth of a reply. */
const PRICE_OF_OTHERS = 0.25;

function tellReply(
  colours: readonly number[],
  language: Language,
  shares: TellReplies,
  random: Random,
): Reply {
  const manner = random.weighted(Object.entries(shares) as [keyof TellReplies, number][]);
  const right = (list: readonly number[]) => list.map((colour) => fact(colour, colour, language));
  const others = [0, 1, 2, 3].filter((colour) => !colours.includes(colour));
  switch (manner) {
    case 'full':
      return { text: sentences(right(colours)), worth: 1 };
    case 'curt':
      return { text: sentences(right(colours.slice(0, 1))), worth: 1 / colours.length };
    case 'wrong': {
      const slip = random.int(0, colours.length - 1);
      const told = right(colours);
      told[slip] = fact(colours[slip]!, (colours[slip]! + random.int(1, 3)) % 4, language);
      return { text: sentences(told), worth: Math.max(0, 1 - 1 / colours.length - PRICE_OF_OTHERS) };
    }
    case 'echo':
      return { text: sentences([colours.map((colour) => COLOURS[language][colour]).join(' ')]), worth: 0 };
    case 'repeated':
    case 'more': {
      const further = random.choice(manner === 'more' && others.length > 0 ? others : colours);
      return { text: sentences(right([...colours, further])), worth: 1 - PRICE_OF_OTHERS };
    }
  }
}
