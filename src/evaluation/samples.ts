/**
 * @file File of an evaluation's graded responses, samples.jsonl: one line a response.
 *
 * A line names its draw, its prompt and its sample. A prompt that one draw asks again goes on counting: its second
 * asking has the samples k … 2k − 1. A damaged line is a response that is not there: it is sampled again.
 */
import path from 'node:path';
import { isJsonObject } from '../records.ts';
import { type LineLog, openLineLog, readLineLog } from '../run/line-log.ts';
import type { Graded } from './statistics/index.ts';
import type { Draw, DrawKind, SampleKey } from './target.ts';

/** Shows a warning; the same `id` is shown once. */
export type Warn = (id: string, text: string) => void;

/** Name of the file. */
export const SAMPLES = 'samples.jsonl';

/** A graded response: one line. */
export interface SampleLine extends Graded {
  /** Left out for `sampled`. */
  readonly draw?: Exclude<DrawKind, 'sampled'>;
  /** 0 … k − 1, and on where the prompt is asked again. */
  readonly sample: number;
}

/** The responses of a draw, problem by problem. */
export type Problems = readonly (readonly Graded[])[];

/** The responses of each draw; a draw that was not asked for is absent. */
export type ByDraw = { readonly [kind in DrawKind]?: Problems };

/** What a line is called by. */
type LineName = Pick<SampleLine, 'draw' | 'promptId' | 'sample'>;

function keyOf({ draw, promptId, sample }: LineName): string {
  return `${draw ?? 'sampled'} ${sample} ${promptId}`;
}

/** What is wrong with a line of the file; null where it is a graded response. */
function faultOf(value: unknown): string | null {
  if (!isJsonObject(value)) return 'not a JSON object';
  const { correct, answer } = value;
  const isWhole =
    typeof value.promptId === 'string' &&
    Number.isInteger(value.sample) &&
    (value.draw === undefined || typeof value.draw === 'string') &&
    (correct === null || typeof correct === 'number') &&
    (answer === null || typeof answer === 'string') &&
    typeof value.formatted === 'boolean' &&
    typeof value.length === 'number' &&
    (value.finish === 'stop' || value.finish === 'length') &&
    typeof value.text === 'string';
  return isWhole ? null : 'not a graded response';
}

function checkWith(warn: Warn, consequence: string) {
  return { fault: faultOf, warn: (text: string) => warn(text, `${text}; ${consequence}`) };
}

/** An evaluation's samples.jsonl while it is written. */
export class SampleFile implements AsyncDisposable {
  readonly #log: LineLog<SampleLine>;
  readonly #draws: readonly Draw[];
  /** Of each prompt of each draw, how often the draw asked it before. */
  readonly #repeats: readonly (readonly number[])[];
  readonly #lines: Map<string, SampleLine>;

  private constructor(log: LineLog<SampleLine>, draws: readonly Draw[]) {
    this.#log = log;
    this.#draws = draws;
    this.#repeats = draws.map(repeats);
    this.#lines = new Map(uniqueLines(log.found).map((line) => [keyOf(line), line]));
  }

  /** Opens the file in `dir`, new or not; a torn last line is taken off, damaged ones are taken out. */
  static async open(dir: string, draws: readonly Draw[], warn: Warn): Promise<SampleFile> {
    const check = checkWith(warn, 'these responses are sampled again');
    return new SampleFile(await openLineLog<SampleLine>(path.join(dir, SAMPLES), check), draws);
  }

  /** The responses there are. */
  lines(): readonly SampleLine[] {
    return [...this.#lines.values()];
  }

  has(key: SampleKey): boolean {
    return this.#lines.has(keyOf(this.name(key)));
  }

  /** How a line names a response. */
  name({ draw, problem, sample }: SampleKey): LineName {
    const { kind, prompts, samples } = this.#draws[draw]!;
    return {
      ...(kind !== 'sampled' && { draw: kind }),
      promptId: prompts[problem]!.id,
      sample: this.#repeats[draw]![problem]! * samples + sample,
    };
  }

  /** Writes lines; they are on the disk when this returns. */
  async append(lines: readonly SampleLine[]): Promise<void> {
    await this.#log.append(lines);
    for (const line of lines) this.#lines.set(keyOf(line), line);
  }

  /** The responses of each draw, once all are there. */
  byDraw(): ByDraw {
    const of = (draw: number): Problems => {
      const { prompts, samples } = this.#draws[draw]!;
      return prompts.map((_, problem) =>
        Array.from(
          { length: samples },
          (__, sample) => this.#lines.get(keyOf(this.name({ draw, problem, sample })))!,
        ),
      );
    };
    return Object.fromEntries(this.#draws.map(({ kind }, draw) => [kind, of(draw)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log[Symbol.asyncDispose]();
  }
}

/**
 * The responses in `dir`, read only, problems in the order in which they were first answered; problems whose samples are
 * not all there are left out.
 * @param samples - responses to each prompt, by draw
 * @param warn - told of damaged lines
 */
export async function readSamples(
  dir: string,
  samples: { readonly [kind in DrawKind]?: number },
  warn: Warn,
): Promise<ByDraw> {
  const check = checkWith(warn, 'problems whose responses are not all there are left out');
  const lines = uniqueLines(await readLineLog<SampleLine>(path.join(dir, SAMPLES), check));
  const of = (kind: DrawKind, k: number): Problems => {
    const problems = new Map<string, SampleLine[]>();
    for (const line of lines.filter(({ draw = 'sampled' }) => draw === kind)) {
      const key = `${Math.floor(line.sample / k)} ${line.promptId}`;
      problems.set(key, [...(problems.get(key) ?? []), line]);
    }
    return [...problems.values()]
      .filter(({ length }) => length === k)
      .map((problem) => problem.toSorted((a, b) => a.sample - b.sample));
  };
  return Object.fromEntries(Object.entries(samples).map(([kind, k]) => [kind, of(kind as DrawKind, k)]));
}

/** A crash between two writes cannot double a line; a file put together by hand can. The first one counts. */
function uniqueLines(lines: readonly SampleLine[]): SampleLine[] {
  return [...new Map(lines.toReversed().map((line) => [keyOf(line), line])).values()].toReversed();
}

function repeats({ prompts }: Draw): number[] {
  const asked = new Map<string, number>();
  return prompts.map(({ id }) => {
    const before = asked.get(id) ?? 0;
    asked.set(id, before + 1);
    return before;
  });
}
