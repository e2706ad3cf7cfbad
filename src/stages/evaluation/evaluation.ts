/**
 * @file One benchmark's evaluation in a directory of its own: samples.jsonl, a line a graded response, and settings.json.
 *
 * Every response is graded and on the disk before more are asked for in its place, so that an interrupted evaluation,
 * killed included, goes on where it stopped. Settings that would change a response must be the same when it does.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Graded, representatives } from '../../eval/index.ts';
import type { StepReport } from '../../records.ts';
import { type LineLog, openLineLog, readLineLog } from '../../run/line-log.ts';
import type { Grader } from './graders/index.ts';
import type { Reply, SampleKey } from './respondent.ts';
import { claimSettings, type EvaluationSettings, type EvaluationSubject, readSettings } from './settings.ts';

/** File of an evaluation's graded responses. */
export const SAMPLES = 'samples.jsonl';

/** A graded response: one line of samples.jsonl. */
export interface SampleLine extends Graded {
  /** 0 … k − 1. */
  readonly sample: number;
}

/** An evaluation to be run. */
export interface EvaluationPlan extends EvaluationSubject {
  readonly dir: string;
  readonly grader: Grader;
  readonly signal: AbortSignal;
  /** Told after each batch of responses; `step` counts responses. */
  onProgress?(report: StepReport, total: number): void;
}

/** The responses of an evaluation that is complete. */
export interface Evaluated {
  readonly settings: EvaluationSettings;
  /** Per problem its responses; equivalent answers have been made equal texts. */
  readonly problems: readonly (readonly Graded[])[];
}

/**
 * Samples and grades what is missing.
 *
 * @throws UsageError when the directory holds an evaluation with other settings; whatever ended the sampling, with what
 *   came before it kept
 */
export async function evaluateInto(plan: EvaluationPlan): Promise<Evaluated> {
  const { dir, set, respondent, grader, samples, seed, signal } = plan;
  mkdirSync(dir, { recursive: true });
  const settings = await claimSettings(dir, plan);
  await using log = await openLineLog<SampleLine>(path.join(dir, SAMPLES));
  const record = new Samples(log, plan);
  if (!record.complete) {
    await grader.ready(set.prompts);
    await respondent.answer({
      prompts: set.prompts,
      k: samples,
      seed,
      signal,
      has: (key) => record.has(key),
      deliver: (replies) => record.take(replies),
    });
  }
  return { settings, problems: await voting(record.problems(), grader) };
}

/**
 * The responses an evaluation has so far, read only; problems whose samples are not all there are left out.
 * @param grader - tells which answers mean the same
 */
export async function readEvaluation(dir: string, grader: Grader): Promise<Evaluated> {
  const settings = readSettings(dir);
  const lines = await readLineLog<SampleLine>(path.join(dir, SAMPLES));
  const problems = new Map<string, SampleLine[]>();
  for (const line of uniqueLines(lines)) {
    problems.set(line.promptId, [...(problems.get(line.promptId) ?? []), line]);
  }
  const complete = [...problems.values()].filter(({ length }) => length === settings.samples);
  return { settings, problems: await voting(complete, grader) };
}

/** Equivalent answers of one problem as equal texts, so that they can be counted. */
async function voting(problems: readonly (readonly Graded[])[], grader: Grader): Promise<Graded[][]> {
  if (!grader.votes) return problems.map((problem) => [...problem]);
  return Promise.all(
    problems.map(async (problem) => {
      const answers = await representatives(
        problem.map(({ answer }) => answer),
        grader.same,
      );
      return problem.map((response, i) => ({ ...response, answer: answers[i]! }));
    }),
  );
}

/** A crash between two writes cannot double a line; a file put together by hand can. The first one counts. */
function uniqueLines(lines: readonly SampleLine[]): SampleLine[] {
  return [...new Map(lines.toReversed().map((line) => [lineKey(line), line])).values()].toReversed();
}

function lineKey({ promptId, sample }: Pick<SampleLine, 'promptId' | 'sample'>): string {
  return `${sample} ${promptId}`;
}

/** The responses there are, and grading and writing those that come. */
class Samples {
  readonly #log: LineLog<SampleLine>;
  readonly #plan: EvaluationPlan;
  readonly #lines: Map<string, SampleLine>;
  readonly #total: number;
  #clock = performance.now();
  #right = 0;
  #tokens = 0;

  constructor(log: LineLog<SampleLine>, plan: EvaluationPlan) {
    this.#log = log;
    this.#plan = plan;
    this.#lines = new Map(uniqueLines(log.found).map((line) => [lineKey(line), line]));
    this.#total = plan.set.prompts.length * plan.samples;
    for (const line of this.#lines.values()) this.#count(line);
  }

  get complete(): boolean {
    return this.problems().every((problem) => problem.every((line) => line !== undefined));
  }

  has(key: SampleKey): boolean {
    return this.#lines.has(this.#key(key));
  }

  async take(replies: readonly Reply[]): Promise<void> {
    const lines = await Promise.all(replies.map((reply) => this.#grade(reply)));
    await this.#log.append(lines);
    for (const line of lines) {
      this.#lines.set(lineKey(line), line);
      this.#count(line);
    }
    this.#report(lines);
  }

  #count({ correct, length }: SampleLine): void {
    this.#right += correct === 1 ? 1 : 0;
    this.#tokens += length;
  }

  /** Per problem its responses in order; complete once the respondent has answered. */
  problems(): SampleLine[][] {
    const { set, samples } = this.#plan;
    return set.prompts.map((_, problem) =>
      Array.from({ length: samples }, (__, sample) => this.#lines.get(this.#key({ problem, sample }))!),
    );
  }

  #key({ problem, sample }: SampleKey): string {
    return lineKey({ promptId: this.#plan.set.prompts[problem]!.id, sample });
  }

  async #grade(reply: Reply): Promise<SampleLine> {
    const { set, grader } = this.#plan;
    const prompt = set.prompts[reply.problem]!;
    const { correct, answer } = await grader.grade(prompt, reply);
    return {
      promptId: prompt.id,
      sample: reply.sample,
      correct,
      answer,
      formatted: reply.formatted,
      finish: reply.finish,
      length: reply.length,
      question: prompt.text,
      reference: prompt.answer,
      text: reply.text,
    };
  }

  #report(lines: readonly SampleLine[]): void {
    const seconds = (performance.now() - this.#clock) / 1000;
    this.#clock = performance.now();
    const { size } = this.#lines;
    const tokens = lines.reduce((sum, { length }) => sum + length, 0);
    const report = {
      step: size,
      accuracy: this.#right / size,
      'completions/mean_length': this.#tokens / size,
      tokens_per_second: tokens / seconds,
      seconds,
    };
    this.#plan.onProgress?.(report, this.#total);
  }
}
