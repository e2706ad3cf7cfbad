/**
 * @file Sentences a reply should and should not hold, for prompts that name them: a rule that stands for a careful judge.
 *
 * `meta.wanted` lists sentences, `meta.forbidden` phrases. The score is the share of wanted sentences the answer holds
 * exactly once, less a quarter for every other sentence, never below 0; and 0 where a forbidden phrase stands anywhere
 * in the response, the thought included. Word for word: no paraphrase is understood.
 */
import { z } from 'zod';
import type { Completion, Json, ReadResponse } from '../records.ts';
import { defineReward } from '../rl/reward/definition.ts';
import type { Reward } from '../rl/reward/reward.ts';

/** Settings of the reward `wanted`: none. */
export const wantedSchema = z.strictObject({});

const PRICE_OF_OTHERS = 0.25;

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

const fold = (text: string): string => text.trim().replace(/\s+/gu, ' ');

/** The sentences of a text: what stands between full stops. */
function sentencesOf(text: string): string[] {
  return text.split(/[.。]/u).map(fold).filter(Boolean);
}

/** How far `response` says what is wanted, in [0, 1]. */
export function wantedScore(
  response: ReadResponse,
  wanted: readonly string[],
  forbidden: readonly string[],
): number {
  const whole = fold(response.text);
  if (forbidden.some((phrase) => whole.includes(phrase))) return 0;
  const said = sentencesOf(response.said ?? '');
  const hits = wanted.filter((sentence) => said.includes(sentence)).length;
  const others = said.length - hits;
  return Math.max(0, hits / Math.max(1, wanted.length) - PRICE_OF_OTHERS * others);
}

/** The reward `wanted`: null for a prompt that names no sentence. */
export function wantedReward(): Reward {
  return {
    name: 'wanted',
    score({ prompt, response }: Completion) {
      const wanted = texts(prompt.meta?.wanted);
      const forbidden = texts(prompt.meta?.forbidden);
      return wanted.length + forbidden.length === 0 ? null : wantedScore(response, wanted, forbidden);
    },
  };
}

/** A response that holds all that is asked for, and nothing else, scores 1 and is right. */
export const wanted = defineReward({
  name: 'wanted',
  about: 'Share of the sentences that the prompt’s meta asks for',
  says: 'right',
  schema: wantedSchema,
  needs: () => ({
    what: 'sentences that are wanted or forbidden',
    remedy: 'Use prompts of the task "general".',
    has: ({ meta }) => texts(meta?.wanted).length + texts(meta?.forbidden).length > 0,
  }),
  create: wantedReward,
});
