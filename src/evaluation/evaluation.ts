/**
 * @file One evaluation in a directory of its own: draws of a question set, answered by a target, graded, kept.
 *
 * samples.jsonl has a line a graded response, settings.json what decides the responses. Every response is graded and on
 * the disk before more are asked for in its place, so that an interrupted evaluation, killed included, goes on where it
 * stopped. Settings that would change a response must be the same when it does.
 */
import { ALONE, type Ranks } from '../ranks.ts';
import type { Completion, Prompt, StepReport } from '../records.ts';
import { languageConsistency } from '../rl/reward/index.ts';
import { makeDirectory } from '../run/atomic.ts';
import type { Grade, Grader } from './grader.ts';
import {
  type ByDraw,
  type Problems,
  readSamples,
  SampleFile,
  type SampleLine,
  type Warn,
} from './samples.ts';
import { claimSettings, type EvaluationSettings, type EvaluationSubject, readSettings } from './settings.ts';
import { type Graded, representatives, type StageSamples } from './statistics/index.ts';
import { type Draw, keysOf, type Reply, type SampleKey } from './target.ts';

/** Prompts that are answered and graded alike. */
export interface GradedDraw extends Draw {
  readonly grader: Grader;
}

/** An evaluation to be run. */
export interface EvaluationPlan extends EvaluationSubject {
  readonly dir: string;
  /** At most one of each kind. */
  readonly draws: readonly GradedDraw[];
  /** Whether the languages of thoughts are measured, of prompts that are no general ones. */
  readonly languages?: boolean;
  readonly signal: AbortSignal;
  /** Processes that sample together, see `sampleAlong`; ALONE unless given. */
  readonly ranks?: Ranks;
  /** Told of damaged lines among the responses of an earlier session, which are sampled again. */
  readonly warn: Warn;
  /** Told how much is there already, where that is something. */
  onResume?(found: number, total: number): void;
  /** Told after each batch of responses; `step` counts responses. */
  onProgress?(report: StepReport, total: number): void;
}

/** The responses of an evaluation. */
export interface Evaluated {
  readonly settings: EvaluationSettings;
  /** Per draw and problem its responses. */
  readonly responses: ByDraw;
}

/**
 * Samples and grades what is missing. Over several ranks this is what rank 0 does.
 *
 * @returns all responses; equivalent answers have been made equal texts
 * @throws UsageError when the directory holds an evaluation with other settings; whatever ended the sampling, with what
 *   came before it kept
 */
export async function evaluateInto(plan: EvaluationPlan): Promise<Evaluated> {
  const { dir, draws, target, seed, signal, warn, ranks = ALONE } = plan;
  makeDirectory(dir);
  const settings = await claimSettings(dir, plan);
  await using file = await SampleFile.open(dir, draws, warn);
  const recorder = new Recorder(file, plan);
  const there = keysOf(draws).map((key) => file.has(key));
  ranks.gather(there);
  if (there.includes(false)) {
    for (const { grader, prompts } of draws) await grader.ready(prompts);
    await target.answer({
      draws,
      seed,
      signal,
      has: (key) => file.has(key),
      deliver: (replies) => recorder.take(replies),
    });
  }
  const responses = file.byDraw();
  const voted = draws.map(
    async ({ kind, grader, prompts }) => [kind, await voting(responses[kind]!, grader, prompts)] as const,
  );
  return { settings, responses: Object.fromEntries(await Promise.all(voted)) };
}

/** What a rank other than 0 does in an evaluation: it samples its share, which rank 0 gets, grades and writes. */
export async function sampleAlong({
  draws,
  target,
  seed,
  signal,
  ranks,
}: Pick<EvaluationPlan, 'draws' | 'target' | 'seed' | 'signal'> & { readonly ranks: Ranks }): Promise<void> {
  const [there] = ranks.gather<boolean[]>([]);
  if (!there!.includes(false)) return;
  const nameOf = ({ draw, problem, sample }: SampleKey) => `${draw} ${problem} ${sample}`;
  const known = new Set(keysOf(draws).flatMap((key, i) => (there![i]! ? [nameOf(key)] : [])));
  const has = (key: SampleKey) => known.has(nameOf(key));
  await target.answer({ draws, seed, signal, has, deliver: async () => undefined });
}

/**
 * The responses an evaluation has so far, read only; problems whose samples are not all there are left out.
 * @param warn - told of damaged lines
 */
export async function readEvaluation(dir: string, warn: Warn): Promise<Evaluated> {
  const settings = readSettings(dir);
  const { samples, greedy, general } = settings;
  const counts = {
    sampled: samples,
    ...(greedy && { greedy: greedy.samples }),
    ...(general && { general: general.samples }),
  };
  const responses = await readSamples(dir, counts, warn);
  return { settings, responses };
}

/** The responses as statistics take them. */
export function stageSamples({ settings, responses }: Evaluated): StageSamples {
  const { model: name, temperature, topP, maxTokens } = settings;
  const { greedy = [], sampled = [], general } = responses;
  return { name, greedy: greedy.flat(), sampled, ...(general && { general }), temperature, topP, maxTokens };
}

/**
 * Equivalent answers of one problem as equal texts, so that they can be counted.
 * @param prompts - of the problems; a problem without its prompt is left as it is
 */
export async function voting(
  problems: Problems,
  { votes, same }: Grader,
  prompts: readonly Prompt[],
): Promise<Problems> {
  if (!votes) return problems;
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  return Promise.all(
    problems.map(async (problem) => {
      const prompt = byId.get(problem[0]!.promptId);
      if (prompt === undefined) return problem;
      const answers = await representatives(
        problem.map(({ answer }) => answer),
        (a, b) => same(a, b, prompt),
      );
      return problem.map((response, i) => ({ ...response, answer: answers[i]! }));
    }),
  );
}

/** Grades and writes the responses that come, and reports the progress. */
class Recorder {
  readonly #file: SampleFile;
  readonly #plan: EvaluationPlan;
  readonly #total: number;
  #clock = performance.now();
  #found = 0;
  #right = 0;
  #tokens = 0;

  constructor(file: SampleFile, plan: EvaluationPlan) {
    this.#file = file;
    this.#plan = plan;
    this.#total = keysOf(plan.draws).length;
    for (const line of file.lines()) this.#count(line);
    if (this.#found > 0 && this.#found < this.#total) plan.onResume?.(this.#found, this.#total);
  }

  /** @param replies - of one draw */
  async take(replies: readonly Reply[]): Promise<void> {
    const draw = this.#plan.draws[replies[0]!.draw]!;
    const grades = await draw.grader.grade(replies.map(({ completion }) => completion));
    const lines = replies.map((reply, i) => this.#line(draw, reply, grades[i]!));
    await this.#file.append(lines);
    for (const line of lines) this.#count(line);
    this.#report(lines);
  }

  #line({ kind }: Draw, reply: Reply, { correct, answer, formatted, reflection }: Grade): SampleLine {
    const { prompt, text, finish, tokens, response } = reply.completion;
    const { target, languages = false } = this.#plan;
    const about = prompt.meta?.kind;
    return {
      ...this.#file.name(reply),
      correct,
      answer,
      ...(kind === 'general' && typeof about === 'string' && { kind: about }),
      ...(kind !== 'general' && languages && { language: thoughtLanguage(reply.completion) }),
      formatted: formatted ?? (finish === 'stop' && response[target.format]),
      finish,
      length: tokens.length,
      question: prompt.text,
      reference: prompt.answer,
      ...(reflection && { reflection }),
      text,
      ...(response.opened && { opened: true as const }),
    };
  }

  #count({ correct, length }: Graded): void {
    this.#found += 1;
    this.#right += correct === 1 ? 1 : 0;
    this.#tokens += length;
  }

  #report(lines: readonly Graded[]): void {
    const seconds = (performance.now() - this.#clock) / 1000;
    this.#clock = performance.now();
    const tokens = lines.reduce((sum, { length }) => sum + length, 0);
    const report = {
      step: this.#found,
      accuracy: this.#right / this.#found,
      'completions/mean_length': this.#tokens / this.#found,
      tokens_per_second: tokens / seconds,
      seconds,
    };
    this.#plan.onProgress?.(report, this.#total);
  }
}

/** Share of the thought's words that are in the prompt's language; null without words, or without a language. */
function thoughtLanguage({ prompt, response }: Completion): number | null {
  if (response.thought === null || prompt.language === undefined) return null;
  return languageConsistency(response.thought, prompt.language);
}
