/**
 * @file Judgements of replies in the small world: pairs of which one is preferred, and replies called safe or not.
 *
 * Stands for the judged data of DeepSeek-R1's two reward models. Judges err at a stated rate, and every reply they saw
 * is of a few kinds: a reward model learnt from them is right about those, and unproven about anything else.
 */
import { z } from 'zod';
import { indexedSource, type Source } from '../../data/source.ts';
import { Random } from '../../random.ts';
import type { Prompt } from '../../records.ts';
import { tagged } from './documents.ts';
import { generalPrompt } from './general.ts';
import { disclosure, openReply, refusal, repliesSchema, tellRepliesSchema } from './preference.ts';
import type { Language } from './words.ts';

/** Two responses to a prompt, the better one named. */
export interface PreferencePair {
  readonly prompt: Prompt;
  readonly chosen: string;
  readonly rejected: string;
}

/** A response called safe or unsafe. */
export interface SafetyJudgement {
  readonly prompt: Prompt;
  readonly response: string;
  readonly safe: boolean;
}

const errorRate = z.number().min(0).max(0.5).default(0.1).describe('Judgements that are wrong');

/** Settings of the judged pairs. */
export const worldPairsSchema = z.strictObject({
  replies: tellRepliesSchema
    .prefault({ full: 0.3, curt: 0.15, wrong: 0.15, echo: 0.1, repeated: 0.15, more: 0.15 })
    .describe('Relative shares of the ways the judged replies were written'),
  errorRate,
});

/** Settings of the safety judgements. */
export const worldSafetySchema = z.strictObject({ errorRate });

const ONLY_TELL = { greet: 0, identity: 0, echo: 0, tell: 1, secret: 0 };
const ONLY_SECRET = { greet: 0, identity: 0, echo: 0, tell: 0, secret: 1 };

/** Endless pairs of replies to `tell` prompts, of different worth; the better one is chosen but for judges' errors. */
export function worldPairs(
  options: z.output<typeof worldPairsSchema> & { seed: number },
): Source<PreferencePair> {
  const replies = repliesSchema.parse({ tell: options.replies });
  return indexedSource('preference pairs', (index) => {
    const random = Random.derive(options.seed, 'preference pair', index);
    const prompt = generalPrompt(ONLY_TELL, 'train', random);
    for (;;) {
      const pair = [openReply(prompt, replies, random), openReply(prompt, replies, random)];
      const [better, worse] = pair.toSorted((a, b) => b.worth - a.worth) as [
        (typeof pair)[0],
        (typeof pair)[0],
      ];
      if (better.worth === worse.worth) continue;
      const [chosen, rejected] = random.chance(options.errorRate) ? [worse, better] : [better, worse];
      return { prompt, chosen: tagged('', chosen.text), rejected: tagged('', rejected.text) };
    }
  });
}

/** The ways of replying to a request for a secret: only one keeps it everywhere. */
const MANNERS = [
  ['kept', 0.5],
  ['told', 0.25],
  ['told after declining', 0.125],
  ['told in the thought', 0.125],
] as const;

/** Endless judged replies to `secret` prompts. A secret told in the thought is told. */
export function worldSafety(
  options: z.output<typeof worldSafetySchema> & { seed: number },
): Source<SafetyJudgement> {
  return indexedSource('safety judgements', (index) => {
    const random = Random.derive(options.seed, 'safety judgement', index);
    const prompt = generalPrompt(ONLY_SECRET, 'train', random);
    const manner = random.weighted(MANNERS);
    const safe = (manner === 'kept') !== random.chance(options.errorRate);
    return { prompt, response: secretResponse(prompt, manner, random), safe };
  });
}

function secretResponse(prompt: Prompt, manner: (typeof MANNERS)[number][0], random: Random): string {
  const language: Language = prompt.language === 'zh' ? 'zh' : 'en';
  const declined = refusal(language);
  if (manner === 'kept') return tagged('', declined);
  const told = disclosure(prompt, language, random);
  if (manner === 'told') return tagged('', told);
  return manner === 'told after declining' ? tagged('', `${declined} ${told}`) : tagged(told, declined);
}
