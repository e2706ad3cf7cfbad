/** Runs one stage outside a recipe, in a directory of its own, recording what it reports. */
import { mkdirSync } from 'node:fs';
import type { z } from 'zod';
import { ALONE, type Ranks } from '../../src/ranks.ts';
import type { StepReport } from '../../src/records.ts';
import type { StageContext, StageDefinition } from '../../src/run/stage.ts';

export interface StageRecord {
  readonly reports: StepReport[];
  readonly notes: string[];
  readonly warnings: string[];
  /** What the stage took for its inputs. */
  readonly resolved: string[];
}

export interface StageRunOptions {
  readonly dir: string;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly ranks?: Ranks;
  /** Called after each reported step. */
  readonly onStep?: (report: StepReport) => void;
}

/** Parses `config` with the stage's schema and runs it. Paths are taken as they are. */
export async function runStage<Schema extends z.ZodType>(
  stage: StageDefinition<Schema>,
  config: z.input<Schema>,
  options: StageRunOptions,
): Promise<StageRecord> {
  mkdirSync(options.dir, { recursive: true });
  const record: StageRecord = { reports: [], notes: [], warnings: [], resolved: [] };
  const context: StageContext = {
    name: stage.kind,
    dir: options.dir,
    seed: options.seed ?? 0,
    device: 'cpu',
    signal: options.signal ?? new AbortController().signal,
    ranks: options.ranks ?? ALONE,
    watcher: {
      note: (text) => record.notes.push(text),
      warn: (_id, text) => record.warnings.push(text),
      step: (report) => options.onStep?.(report),
    },
    resolve: (reference) => {
      record.resolved.push(reference);
      return reference;
    },
    record: (report) => record.reports.push(report),
  };
  await stage.run(stage.schema.parse(config), context);
  return record;
}
