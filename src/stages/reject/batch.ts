/**
 * @file One batch of rejection sampling: responses to some prompts, graded, filtered, judged and rewritten.
 */
import type { ContaminationIndex } from '../../data/index.ts';
import { judgeCorrectness, type Verdict } from '../../grading/judge/index.ts';
import { Random } from '../../random.ts';
import type { Ranks } from '../../ranks.ts';
import type { FinishReason, Prompt, Scored } from '../../records.ts';
import type { Endpoint } from '../../remote/index.ts';
import { scoreAll, type WeightedReward } from '../../rl/reward/index.ts';
import { askedText, DEFAULT_TAGS, readResponse } from '../../text/index.ts';
import type { RejectConfig } from './config.ts';
import { gradeAlone, isUnscored } from './grade.ts';
import { inParallel } from './in-parallel.ts';
import { partsOf, rewriteThought } from './rewrite.ts';
import type { Sampler } from './sampler.ts';

/** What became of one response: an element of a stored batch. */
export interface Outcome {
  /** Index of the prompt among those that are sampled. */
  readonly prompt: number;
  /** 0 … samples − 1 */
  readonly sample: number;
  readonly tokens: number;
  readonly finish: FinishReason;
  readonly parts: Scored['parts'];
  /** Why it was dropped, or null. */
  readonly dropped: string | null;
  /** The response with its opening tag; null where it was dropped, but for the first examples of each reason. */
  readonly text: string | null;
  /** The judge called it right. */
  readonly judged?: true;
  readonly rewritten?: true;
}

/** Models, rewards and settings that a batch is made with. */
export interface BatchContext {
  readonly config: RejectConfig;
  readonly sampler: Sampler;
  readonly rewards: readonly WeightedReward[];
  readonly index: ContaminationIndex | null;
  readonly judge: Endpoint | null;
  readonly rewriter: Endpoint | null;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly ranks: Ranks;
}

/** A response on its way through a batch. */
interface Candidate {
  readonly prompt: number;
  readonly sample: number;
  readonly scored: Scored;
  dropped: string | null;
  judged: boolean;
  rewritten: boolean;
}

/**
 * The outcomes of one batch, prompt after prompt. Ranks sample and score together; what follows, and what is returned, is
 * rank 0's.
 * @param first - index of the batch's first prompt
 */
export async function makeBatch(
  context: BatchContext,
  prompts: readonly Prompt[],
  batch: number,
  first: number,
): Promise<Outcome[]> {
  const { config, sampler, ranks } = context;
  const completions = await sampler.sample(prompts, batch);
  const scored = await scoreAll(context.rewards, completions, { ranks, groupSize: config.samples });
  if (ranks.rank > 0) return [];
  const candidates = scored.map(
    (one, i): Candidate => ({
      prompt: first + Math.floor(i / config.samples),
      sample: i % config.samples,
      scored: one,
      dropped: reasonAlone(one, context),
      judged: false,
      rewritten: false,
    }),
  );
  if (config.unique) dropDuplicates(candidates);
  await judgeUnscored(candidates, context);
  dropSurplus(candidates, config.keepPerPrompt);
  const rewritten = await rewriteKept(candidates, context);
  return withoutTexts(rewritten.map(outcomeOf));
}

function reasonAlone(scored: Scored, { config, index }: BatchContext): string | null {
  const reason = gradeAlone(scored, config);
  if (reason !== null || index === null) return reason;
  return index.find(scored.completion.text) === null ? null : 'contaminated';
}

/** Equal responses to one question, white space aside: the first one stays. */
export function responseKey(question: string, response: string): string {
  return JSON.stringify([question, response.replace(/\s+/gu, ' ').trim()]);
}

function dropDuplicates(candidates: readonly Candidate[]): void {
  const seen = new Set<string>();
  for (const candidate of candidates) {
    if (candidate.dropped !== null) continue;
    const { prompt, text } = candidate.scored.completion;
    const key = responseKey(askedText(prompt), text);
    if (seen.has(key)) candidate.dropped = 'duplicate';
    seen.add(key);
  }
}

/** Asks the judge where no rule could tell; without a judge, or without a verdict, `unscored` decides. */
async function judgeUnscored(candidates: readonly Candidate[], context: BatchContext): Promise<void> {
  const { config, judge, signal } = context;
  const open = candidates.filter(
    ({ dropped, scored }) => dropped === null && isUnscored(scored.parts, judge !== null),
  );
  const verdictOn = async ({ scored }: Candidate): Promise<Verdict | null> => {
    if (judge === null) return null;
    const { prompt, response } = scored.completion;
    const answer = response.said ?? '';
    const one = { question: askedText(prompt), reference: prompt.answer, answer };
    return judgeCorrectness(judge, one, config.judge!, signal);
  };
  await inParallel(open, judge?.concurrency ?? 1, async (candidate) => {
    const verdict = await verdictOn(candidate);
    candidate.judged = verdict === 'right';
    if (verdict === 'wrong') candidate.dropped = 'verdict';
    else if (verdict !== 'right' && config.unscored === 'drop') candidate.dropped = 'unscored';
  });
}

function dropSurplus(candidates: readonly Candidate[], keepPerPrompt = Infinity): void {
  const kept = new Map<number, number>();
  for (const candidate of candidates) {
    if (candidate.dropped !== null) continue;
    const before = kept.get(candidate.prompt) ?? 0;
    if (before >= keepPerPrompt) candidate.dropped = 'surplus';
    else kept.set(candidate.prompt, before + 1);
  }
}

/** The candidates, each kept one with its thought rewritten, and asked by rules and filters again. */
async function rewriteKept(candidates: readonly Candidate[], context: BatchContext): Promise<Candidate[]> {
  const { rewriter } = context;
  if (rewriter === null) return [...candidates];
  return inParallel(candidates, rewriter.concurrency, (candidate) =>
    candidate.dropped === null ? rewrite(candidate, rewriter, context) : Promise.resolve(candidate),
  );
}

async function rewrite(candidate: Candidate, rewriter: Endpoint, context: BatchContext): Promise<Candidate> {
  const { config, sampler, signal } = context;
  const { completion } = candidate.scored;
  const parts = partsOf(completion.response);
  // Without a thought there is nothing to rewrite.
  if (parts === null) return candidate;
  const stream = Random.derive(context.seed, 'rewrite', candidate.prompt, candidate.sample);
  const request = { seed: stream.int(0, 2 ** 31 - 1), signal };
  const reply = await rewriteThought(rewriter, parts, completion.prompt, config.rewrite!, request);
  const failed = config.rewrite!.otherwise === 'drop' ? { ...candidate, dropped: 'rewrite' } : candidate;
  if (reply === null) return failed;
  const tokens = new Int32Array(sampler.count(reply.text) ?? reply.tokens);
  const response = readResponse(reply.text, { opened: completion.response.opened });
  const written = { ...completion, text: reply.text, response, tokens };
  const scored = (await scoreAll(context.rewards, [written]))[0]!;
  return reasonAlone(scored, context) === null ? { ...candidate, scored, rewritten: true } : failed;
}

function outcomeOf({ prompt, sample, scored, dropped, judged, rewritten }: Candidate): Outcome {
  const { response, tokens, finish } = scored.completion;
  return {
    prompt,
    sample,
    tokens: tokens.length,
    finish,
    parts: scored.parts,
    dropped,
    text: response.opened ? `${DEFAULT_TAGS.thinkOpen}${response.text}` : response.text,
    ...(judged && { judged }),
    ...(rewritten && { rewritten }),
  };
}

/** Responses of each reason that a batch keeps for reading. */
const EXAMPLES = 2;

function withoutTexts(outcomes: readonly Outcome[]): Outcome[] {
  const shown = new Map<string, number>();
  return outcomes.map((outcome) => {
    if (outcome.dropped === null) return outcome;
    const before = shown.get(outcome.dropped) ?? 0;
    shown.set(outcome.dropped, before + 1);
    return before < EXAMPLES ? outcome : { ...outcome, text: null };
  });
}
