/**
 * @file The text the small world's base model is pre-trained on.
 *
 * Mostly questions answered at once, often wrongly; now and then a trace of reasoning, more often tagged than the rest;
 * some small talk. So the base model guesses, reasons seldom, and reasons well when it does: what reinforcement
 * learning then finds and makes common. Arithmetic and colours use training problems only (see split.ts).
 *
 * What matters in the proportions: traces are tagged more often than bare answers (else a reward for the format is
 * earned with empty thoughts), and a trace prefers the question's language (else a language reward has nothing to lift).
 */
import { z } from 'zod';
import { indexedSource, type Source } from '../../data/source.ts';
import { Random } from '../../random.ts';
import { baseReply, generalPrompt, generalSchema } from './general.ts';
import { repliesSchema } from './preference.ts';
import { evaluate, expression, type Problem, randomProblemOf } from './problem.ts';
import { answerOf, type TraceLanguage, walk, writeTrace } from './trace.ts';
import { conclusion, documentText, LANGUAGES, type Language, question } from './words.ts';

const probability = (value: number, description: string) =>
  z.number().min(0).max(1).default(value).describe(description);
const weight = (value: number, description: string) => z.number().min(0).default(value).describe(description);
/** Walks are redrawn until one stays in 0..99; this bound keeps that short. */
const slipRate = (value: number, description: string) =>
  z.number().min(0).max(0.5).default(value).describe(description);

/** Settings of the base documents; the defaults are those the tiny recipes were measured with. */
export const documentsSchema = z.strictObject({
  minNumbers: z.number().int().min(2).max(9).default(2).describe('Fewest numbers in a chain'),
  maxNumbers: z.number().int().min(2).max(9).default(7).describe('Most numbers in a chain'),
  traceShare: probability(0.15, 'Share of arithmetic documents with a trace; the rest are answer-only'),
  traceLanguage: z
    .strictObject({
      question: weight(0.5, "Traces in the question's language"),
      other: weight(0.2, 'Traces in the other language'),
      mixed: weight(0.3, 'Traces that draw a language for each step'),
    })
    .prefault({})
    .describe('Relative shares of the languages a trace is in'),
  slipRate: slipRate(0.08, 'Wrong steps in a trace in one language'),
  mixedSlipRate: slipRate(0.03, 'Wrong steps in a mixed trace'),
  noticeRate: probability(0.35, 'Slips followed by `wait` and the step once more'),
  redoRightRate: probability(0.95, 'Redone steps that are right'),
  traceTags: z
    .strictObject({
      full: weight(0.4, '<think> t </think> <answer> a </answer>'),
      partial: weight(0.15, '<think> t </think> a, or t <answer> a </answer>, evenly'),
      none: weight(0.45, 't so answer is a'),
    })
    .prefault({})
    .describe('Relative shares of the tags on documents with a trace'),
  wrongAnswerShare: probability(0.3, 'Answer-only documents with a wrong answer'),
  wrongAnswerSlipRate: slipRate(0.5, 'Wrong steps in the silent chain that leads to a wrong answer').refine(
    (rate) => rate > 0,
    'must be above 0: a wrong answer needs a slip',
  ),
  answerTags: z
    .strictObject({
      full: weight(0.15, '<think> </think> <answer> a </answer>'),
      answer: weight(0.1, '<answer> a </answer>'),
      none: weight(0.75, 'a'),
    })
    .prefault({})
    .describe('Relative shares of the tags on answer-only documents'),
  generalShare: probability(0.1, 'Share of general prompts among all documents'),
  general: generalSchema.prefault({}).describe('Relative shares of the kinds of general prompts'),
  generalRightShare: probability(0.5, 'General prompts answered rightly; identity never is'),
  generalReplies: repliesSchema
    .prefault({ tell: { full: 0.15, curt: 0.45, wrong: 0.25, echo: 0.15 }, refusalShare: 0.15 })
    .describe('How general prompts without one right answer are answered'),
  generalTagShare: probability(0.15, 'General prompts answered as <think> </think> <answer> a </answer>'),
});

export type DocumentsConfig = z.output<typeof documentsSchema>;

/** What a document is, beside its text: for statistics and tests. */
export interface Document {
  readonly text: string;
  readonly kind: 'general' | 'trace' | 'answer';
}

const other = (language: Language): Language => (language === 'en' ? 'zh' : 'en');

/** `<think> thought </think> <answer> answer </answer>`, the R1 format; an empty thought leaves the tags adjacent. */
export function tagged(thought: string, answer: string | number): string {
  return `<think> ${thought === '' ? '' : `${thought} `}</think> <answer> ${answer} </answer>`;
}

function entries<K extends string>(weights: { readonly [key in K]: number }): [K, number][] {
  return Object.entries(weights) as [K, number][];
}

function traceResponse(problem: Problem, asked: Language, config: DocumentsConfig, random: Random): string {
  const chosen = random.weighted(entries(config.traceLanguage));
  const language: TraceLanguage = chosen === 'mixed' ? 'mixed' : chosen === 'question' ? asked : other(asked);
  const care = { ...config, slipRate: language === 'mixed' ? config.mixedSlipRate : config.slipRate };
  const lines = walk(problem, care, random);
  const { text, lastLanguage } = writeTrace(lines, language, random);
  const answer = answerOf(lines);
  const tags = random.weighted(entries(config.traceTags));
  if (tags === 'full') return tagged(text, answer);
  if (tags === 'none') return `${text} ${conclusion(answer, lastLanguage)}`;
  return random.chance(0.5) ? `<think> ${text} </think> ${answer}` : `${text} <answer> ${answer} </answer>`;
}

/** The answer of a chain worked out in silence and carelessly: never the right one. */
function wrongAnswer(problem: Problem, rate: number, random: Random): number {
  const right = evaluate(problem);
  const care = { slipRate: rate, noticeRate: 0, redoRightRate: 1 };
  for (;;) {
    const answer = answerOf(walk(problem, care, random));
    if (answer !== right) return answer;
  }
}

function answerResponse(problem: Problem, config: DocumentsConfig, random: Random): string {
  const answer = random.chance(config.wrongAnswerShare)
    ? wrongAnswer(problem, config.wrongAnswerSlipRate, random)
    : evaluate(problem);
  const tags = random.weighted(entries(config.answerTags));
  if (tags === 'full') return tagged('', answer);
  return tags === 'answer' ? `<answer> ${answer} </answer>` : String(answer);
}

/** One random document. */
export function randomDocument(config: DocumentsConfig, random: Random): Document {
  if (random.chance(config.generalShare)) {
    const prompt = generalPrompt(config.general, 'train', random);
    const reply = baseReply(prompt, config.generalRightShare, config.generalReplies, random);
    const response = random.chance(config.generalTagShare) ? tagged('', reply) : reply;
    return { text: documentText(prompt.text, response), kind: 'general' };
  }
  const problem = randomProblemOf('train', random.int(config.minNumbers, config.maxNumbers), random);
  const language = random.choice(LANGUAGES);
  const kind = random.chance(config.traceShare) ? 'trace' : 'answer';
  const response =
    kind === 'trace'
      ? traceResponse(problem, language, config, random)
      : answerResponse(problem, config, random);
  return { text: documentText(question(expression(problem), language), response), kind };
}

/** Endless base documents, each a text that ends in `<eos>`; the cursor is the number of documents drawn. */
export function chainDocuments(options: { seed: number; config: DocumentsConfig }): Source<string> {
  return indexedSource(
    'chain documents',
    (index) => randomDocument(options.config, Random.derive(options.seed, 'document', index)).text,
  );
}
