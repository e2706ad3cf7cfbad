/**
 * @file The text the search world's base model is pre-trained on: problems thought about by trying, and problems answered
 * at once.
 *
 * A thought goes through the expressions in their order and passes over some. After a miss an impatient thought answers with
 * what it has; another says `wait` and tries the next one, mostly. So the base knows how to go on after a miss and often does
 * not: what reinforcement learning then makes common. Only problems of the training side of the split are asked.
 *
 * What matters in the proportions: thoughts are common (else the base computes wrongly inside them), an answer without a
 * thought never has think tags (else the format is earned without thinking), and it is seldom right.
 */
import { z } from 'zod';
import { indexedSource, type Source } from '../../data/source.ts';
import { Random } from '../../random.ts';
import { documentText, tagged } from '../chain/index.ts';
import { AGAIN, question, writeAttempt } from './attempts.ts';
import { expressionsOf, randomProblemOf, type SearchProblem, solves, written } from './problem.ts';
import { minHitShareSchema } from './prompts.ts';

const probability = (value: number, description: string) =>
  z.number().min(0).max(1).default(value).describe(description);

/** Settings of the base documents; the defaults are those the recipes were measured with. */
export const searchDocumentsSchema = z.strictObject({
  minHitShare: minHitShareSchema,
  thinkShare: probability(0.6, 'Share of documents with a thought; the rest answer at once'),
  impatientShare: probability(0.58, 'Thoughts that end with their first attempt, hit or miss'),
  retryRate: probability(0.85, 'Misses after which the other thoughts say `wait` and try again'),
  skipRate: probability(0.3, 'Expressions that a thought passes over as it goes through them in their order'),
  stopRate: probability(0.95, 'Hits with which a thought ends; else it goes on as after a miss'),
  slipRate: z.number().min(0).max(0.5).default(0.02).describe('Steps whose result is stated wrong'),
  maxAttempts: z.number().int().positive().default(12).describe('Most attempts in a thought'),
  thinkTags: z
    .strictObject({
      full: z.number().min(0).default(0.7).describe('<think> t </think> <answer> e </answer>'),
      partial: z
        .number()
        .min(0)
        .default(0.1)
        .describe('<think> t </think> e, or t <answer> e </answer>, evenly'),
      none: z.number().min(0).default(0.2).describe('t so answer is e'),
    })
    .prefault({})
    .describe('Relative shares of the tags on documents with a thought'),
  rightAnswerShare: probability(0.25, 'Immediate answers that are right; the others are drawn at random'),
  answerTagShare: probability(0.3, 'Immediate answers in answer tags'),
});

export type SearchDocumentsConfig = z.output<typeof searchDocumentsSchema>;

/** A document, and what its thought did: for statistics and tests. */
export interface SearchDocument {
  readonly text: string;
  readonly kind: 'thought' | 'answer';
  /** Attempts in the thought, 0 without one. */
  readonly attempts: number;
}

/** A thought over a problem, and the answer it ends with. */
function think(
  problem: SearchProblem,
  config: SearchDocumentsConfig,
  random: Random,
): { text: string; answer: string; attempts: number } {
  const { slipRate, skipRate, stopRate, maxAttempts } = config;
  const retryRate = random.chance(config.impatientShare) ? 0 : config.retryRate;
  const all = expressionsOf(problem.numbers);
  const tries = all.filter(() => !random.chance(skipRate)).slice(0, maxAttempts);
  if (tries.length === 0) tries.push(random.choice(all));
  const texts: string[] = [];
  for (const expression of tries) {
    const { stated, text } = writeAttempt(expression, slipRate, random);
    texts.push(text);
    const ends = stated === problem.target ? random.chance(stopRate) : !random.chance(retryRate);
    if (ends) break;
  }
  const last = tries[texts.length - 1]!;
  return { text: texts.join(` ${AGAIN} `), answer: written(last), attempts: texts.length };
}

function thoughtDocument(problem: SearchProblem, config: SearchDocumentsConfig, random: Random) {
  const { text, answer, attempts } = think(problem, config, random);
  const { full, partial, none } = config.thinkTags;
  const tags = random.weighted([
    ['full', full],
    ['partial', partial],
    ['none', none],
  ] as const);
  if (tags === 'full') return { response: tagged(text, answer), attempts };
  if (tags === 'none') return { response: `${text} so answer is ${answer}`, attempts };
  const partly = random.chance(0.5)
    ? `<think> ${text} </think> ${answer}`
    : `${text} <answer> ${answer} </answer>`;
  return { response: partly, attempts };
}

function immediateAnswer(problem: SearchProblem, config: SearchDocumentsConfig, random: Random): string {
  const all = expressionsOf(problem.numbers);
  const right = random.chance(config.rightAnswerShare);
  const answer = written(random.choice(right ? all.filter((one) => solves(one, problem)) : all));
  return random.chance(config.answerTagShare) ? `<answer> ${answer} </answer>` : answer;
}

/** One random document. */
export function randomSearchDocument(config: SearchDocumentsConfig, random: Random): SearchDocument {
  const problem = randomProblemOf('train', config.minHitShare, random);
  if (!random.chance(config.thinkShare)) {
    const text = documentText(question(problem), immediateAnswer(problem, config, random));
    return { text, kind: 'answer', attempts: 0 };
  }
  const { response, attempts } = thoughtDocument(problem, config, random);
  return { text: documentText(question(problem), response), kind: 'thought', attempts };
}

/** Endless base documents, each a text that ends in `<eos>`; the cursor is the number of documents drawn. */
export function searchDocuments(options: { seed: number; config: SearchDocumentsConfig }): Source<string> {
  return indexedSource(
    'search documents',
    (index) =>
      randomSearchDocument(options.config, Random.derive(options.seed, 'search document', index)).text,
  );
}
