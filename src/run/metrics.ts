/**
 * @file Reading a run's metrics.jsonl: one object a line, `{"stage": "zero", "step": 1, "reward": 0.31, …}`.
 *
 * A run that was killed may leave a torn line: ignored where it is the last, and where a resumed run wrote on behind
 * it. A resumed run repeats the steps after its last checkpoint; the later report of a step counts.
 */
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import type { StepReport } from '../records.ts';

/** The reports of each stage in order of their steps; stages in order of appearance. */
export type Metrics = ReadonlyMap<string, readonly StepReport[]>;

/**
 * Reads metrics.jsonl.
 *
 * @throws UserError naming the file (and line) when it cannot be read or a whole line of it is not a report
 */
export async function readMetrics(path: string): Promise<Metrics> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UserError(`${path}: cannot be read`, 'Name the metrics.jsonl of a run directory.', { cause });
  }
  return parseMetrics(text, path);
}

/** Parses the text of a metrics.jsonl; `path` is for messages. */
export function parseMetrics(text: string, path: string): Metrics {
  const stages = new Map<string, Map<number, StepReport>>();
  const lines = text.split('\n');
  // What follows the last line break is empty, or torn: a writer ends each report with a line break.
  lines.slice(0, -1).forEach((line, i) => {
    if (line.trim() === '') return;
    const { stage, report } = parseLine(line, `${path}:${i + 1}`);
    const reports = stages.get(stage) ?? new Map<number, StepReport>();
    stages.set(stage, reports.set(report.step, report));
  });
  const sorted = (reports: Map<number, StepReport>) => [...reports.values()].sort((a, b) => a.step - b.step);
  return new Map([...stages].map(([stage, reports]) => [stage, sorted(reports)]));
}

function parseLine(line: string, where: string): { stage: string; report: StepReport } {
  let parsed: unknown;
  try {
    // A report holds no object, so its only brace starts it: what is before is the head of a torn line.
    parsed = JSON.parse(line.slice(line.lastIndexOf('{')));
  } catch {
    // Falls through: not an object either.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw notAReport(where);
  const { stage, step, ...metrics } = parsed as Record<string, unknown>;
  if (typeof stage !== 'string' || typeof step !== 'number') throw notAReport(where);
  const report: { step: number; [metric: string]: number } = { step };
  for (const [metric, value] of Object.entries(metrics)) {
    // JSON has no NaN or infinity: both are written as null.
    if (value === null) report[metric] = Number.NaN;
    else if (typeof value === 'number') report[metric] = value;
  }
  return { stage, report };
}

function notAReport(where: string): UserError {
  return new UserError(
    `${where}: expected a JSON object with a "stage" and a "step"`,
    'Delete that line; the other steps stay readable.',
  );
}

/** One metric of a stage as points of a plot; steps that do not report it are left out. */
export function series(reports: readonly StepReport[], metric: string): [step: number, value: number][] {
  return reports.flatMap((report): [number, number][] => {
    const value = report[metric];
    return value === undefined ? [] : [[report.step, value]];
  });
}
