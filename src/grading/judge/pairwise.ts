/**
 * @file Preference between two responses, by a model behind an endpoint: the pairs a helpfulness reward model learns from.
 *
 * As in R1 (arXiv 2501.12948, supplementary): a verdict of five levels, several times with the two in changing order,
 * scores averaged, and only pairs with a clear difference kept. Here the order is not merely random but balanced: each
 * response stands first equally often (to within one), so that a judge that prefers a place comes out at 0.
 */
import { z } from 'zod';
import { Random } from '../../random.ts';
import type { Endpoint, RemoteMessage } from '../../remote/index.ts';
import { ABOUT_MATERIAL, material } from './material.ts';
import type { JudgeConfig } from './schema.ts';
import { askJson } from './verdict.ts';

/** Two responses to one question. */
export interface Pair {
  readonly question: string;
  readonly first: string;
  readonly second: string;
}

/** How a pair was judged. */
export interface PairScore {
  /** −2 (second much better) to 2 (first much better); null where there were too few verdicts. */
  readonly score: number | null;
  /** Score of each verdict that could be read, seen from `first`, and which of the two stood first. */
  readonly verdicts: readonly { readonly score: number; readonly shown: 'first' | 'second' }[];
}

const POINTS = { 'A>>B': 2, 'A>B': 1, 'A=B': 0, 'B>A': -1, 'B>>A': -2 } as const;
const schema = z.object({
  verdict: z.enum(Object.keys(POINTS) as [keyof typeof POINTS, ...(keyof typeof POINTS)[]]),
});

const TASK = `You compare two answers, A and B, to one question. ${ABOUT_MATERIAL}
First work out what a good answer needs. Then weigh how correct, helpful, relevant and complete each one is; length
alone counts for nothing, and neither does the order in which they are shown.
End with one JSON object and nothing after it:
{"reason": "one sentence", "verdict": "A=B"}
where verdict is "A>>B" (A is much better), "A>B" (A is better), "A=B" (about equal), "B>A" or "B>>A".`;

function messagesFor(question: string, a: string, b: string): RemoteMessage[] {
  const texts = [material('question', question), material('answer A', a), material('answer B', b)];
  return [
    { role: 'system', content: TASK },
    { role: 'user', content: texts.join('\n\n') },
  ];
}

export interface ComparisonOptions extends Omit<JudgeConfig, 'endpoint'> {
  /** Verdicts asked for, at least 2: R1 took 4. */
  readonly times: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * Compares two responses, `times` times. Verdicts that cannot be read are left out; the score is the mean of the means of
 * the two orders, so that a preferred place still counts for nothing, and null where one of the orders has no verdict.
 * @throws what `endpoint.chat` throws
 */
export async function comparePair(
  endpoint: Endpoint,
  pair: Pair,
  { times, seed, ...options }: ComparisonOptions,
): Promise<PairScore> {
  const random = Random.derive(seed, 'pair', pair.question, pair.first, pair.second);
  const orders = balancedOrders(times, random);
  const seeds = orders.map(() => random.int(0, 2 ** 31 - 1));
  const asked = await Promise.all(
    orders.map(async (shown, i) => {
      const [a, b] = shown === 'first' ? [pair.first, pair.second] : [pair.second, pair.first];
      const messages = messagesFor(pair.question, a, b);
      const said = await askJson(endpoint, messages, schema, { ...options, seed: seeds[i]! });
      return said === null ? [] : [{ score: pointsOf(said.verdict, shown), shown }];
    }),
  );
  const verdicts = asked.flat();
  return { score: balancedMean(verdicts), verdicts };
}

function pointsOf(verdict: keyof typeof POINTS, shown: Order): number {
  const points = POINTS[verdict];
  return shown === 'first' || points === 0 ? points : -points;
}

type Order = 'first' | 'second';

/** Each order half of the time, in random order; the odd one out is random. */
function balancedOrders(times: number, random: Random): Order[] {
  const start = random.int(0, 1);
  return random.shuffle(
    Array.from({ length: times }, (_, i): Order => ((i + start) % 2 === 0 ? 'first' : 'second')),
  );
}

function balancedMean(verdicts: PairScore['verdicts']): number | null {
  const means = (['first', 'second'] as const).map((order) => {
    const scores = verdicts.filter(({ shown }) => shown === order).map(({ score }) => score);
    return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
  const known = means.filter((mean) => mean !== null);
  return known.length === 2 ? (known[0]! + known[1]!) / 2 : null;
}

/** Least difference of a pair that is kept, not reached itself: R1's. */
export const CLEAR = 1;

/** Which of a pair is preferred, or null where the difference is not above the threshold. */
export function preferred({ score }: PairScore, threshold: number = CLEAR): Order | null {
  if (score === null || Math.abs(score) <= threshold) return null;
  return score > 0 ? 'first' : 'second';
}
