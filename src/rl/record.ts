/** @file Record of an RL step: its metrics, warnings about them, and sampled completions. */
import path from 'node:path';
import type { Scored } from '../records.ts';
import { writeFileAtomic } from '../run/atomic.ts';
import type { Advantages } from './advantages.ts';
import type { Groups } from './dynamic-sampling.ts';
import { stepMetrics } from './metrics.ts';
import { meanStaleness } from './rollout/index.ts';
import { modelBytes, type RlRun } from './run.ts';
import type { TrainStep } from './training-loop.ts';
import type { PolicyUpdateResult } from './update.ts';
import { warnOfStep } from './warnings.ts';

/** What a step did, in the order in which it did it. */
export interface StepResults {
  readonly groups: Groups;
  readonly advantages: Advantages;
  readonly updates: readonly PolicyUpdateResult[];
}

/** Reports a step, warns of what silently ruins a run, and, every `checkpointEvery` steps, writes completions to read. */
export async function record(run: RlRun, step: TrainStep, results: StepResults): Promise<void> {
  const { config, context, learner } = run;
  const { kept } = results.groups;
  const sampledBy = learner.steps - results.updates.length;
  const metrics = {
    ...stepMetrics({ ...results, config, seconds: step.seconds }),
    'staleness/mean': meanStaleness(
      kept.map(({ completion }) => completion),
      sampledBy,
    ),
    ...modelBytes(run),
    ...run.fleet?.takeMetrics(),
  };
  step.report(metrics);
  warnOfStep(metrics, { ...config, maxPositions: learner.model.config.maxPositions }, context.watcher);
  run.collapse.step(metrics);
  const due = step.number % config.checkpointEvery === 0;
  const ends = step.index === 0 || step.number === config.steps;
  if (context.ranks.rank === 0 && (due || ends))
    await writeSamples(context.dir, step.number, kept, config.groupSize);
}

/** Groups kept of each rollout that is written. */
const GROUPS = 2;

/** Writes `samples/step-<step>.jsonl`: prompt, completion, reward and its parts, finish reason, length. */
async function writeSamples(
  dir: string,
  step: number,
  scored: readonly Scored[],
  groupSize: number,
): Promise<void> {
  const lines = scored.slice(0, GROUPS * groupSize).map(({ completion, reward, parts }) =>
    JSON.stringify({
      prompt: completion.prompt.text,
      answer: completion.prompt.answer,
      completion: completion.text,
      reward,
      parts,
      finish: completion.finish,
      length: completion.tokens.length,
    }),
  );
  const name = `step-${String(step).padStart(6, '0')}.jsonl`;
  await writeFileAtomic(path.join(dir, 'samples', name), `${lines.join('\n')}\n`);
}
