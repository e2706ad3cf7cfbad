/**
 * @file Coherence: does the answer make sense of the question and of the thought? For prompts without an exact answer.
 *
 * The mean of those of these parts that apply, each 0..1:
 * - to the point: share of the question's content words that thought or answer take up, full marks from `overlap`;
 * - one conclusion: the last number of the thought is in the answer, where both have numbers;
 * - no loop: the thought repeats few runs of eight words.
 * Limits: words are compared as they are written, so a paraphrase or a translation counts as off the point, and a false
 * conclusion that is drawn throughout is coherent.
 */
import { z } from 'zod';
import type { Completion } from '../../records.ts';
import { defineReward } from './definition.ts';
import { words } from './language.ts';
import type { Reward } from './reward.ts';
import { meanOf, repetition } from './text-measures.ts';

/** Settings of the reward `coherence`. */
export const coherenceSchema = z.strictObject({
  overlap: z
    .number()
    .gt(0)
    .max(1)
    .default(0.3)
    .describe("Share of the question's content words that is enough to be to the point"),
});

const NUMBER = /\d+(?:[.,]\d+)*/gu;
const LOOP = 8;
/** Words that say nothing of what a question is about: English ones of up to three letters, and these. */
const EMPTY = new Set(
  (
    'what which when where that this with from have does will would please could should there their them they your ' +
    'about into than then 的 是 了 吗 在 和 请 什么 怎么 多少 我 你 谁'
  ).split(' '),
);
const HAN = /\p{Script=Han}/u;

function contentWords(text: string): Set<string> {
  const all = words(text).map((word) => word.toLowerCase());
  return new Set(all.filter((word) => !EMPTY.has(word) && (word.length > 3 || HAN.test(word))));
}

/** Share of the question's content words in the response, as a part of the score; nothing where there are none. */
function toThePoint(question: string, response: string, enough: number): number[] {
  const asked = contentWords(question);
  if (asked.size === 0) return [];
  const said = contentWords(response);
  const taken = [...asked].filter((word) => said.has(word)).length;
  return [Math.min(1, taken / asked.size / enough)];
}

/** Whether the answer states what the thought came to; nothing where one of them has no number. */
function oneConclusion(thought: string, answer: string): number[] {
  const last = thought.match(NUMBER)?.at(-1);
  const stated = answer.match(NUMBER);
  return last === undefined || stated === null ? [] : [stated.includes(last) ? 1 : 0];
}

/** The coherence reward, 0..1; 0 without an answer. */
export function coherenceReward({ overlap }: z.output<typeof coherenceSchema>): Reward {
  return {
    name: 'coherence',
    score({ prompt, response }: Completion) {
      const { said: answer } = response;
      if (answer === null) return 0;
      const thought = response.thought ?? '';
      return meanOf([
        ...toThePoint(prompt.text, `${thought}\n${answer}`, overlap),
        ...oneConclusion(thought, answer),
        1 - repetition(words(thought), LOOP),
      ]);
    },
  };
}

export const coherence = defineReward({
  name: 'coherence',
  about: 'Does the answer take up the question and the conclusion of the thought? 0..1, by rule',
  says: 'form',
  schema: coherenceSchema,
  create: coherenceReward,
});
