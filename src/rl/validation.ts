/**
 * @file Validation of a policy while it is trained: held-out prompts, sampled and scored with the stage's own rewards.
 *
 * Its draws have a random stream of their own, the same each time: training goes the same way with and without it, bit for
 * bit, and two validations of one run differ by the policy alone.
 */
import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Scored } from '../records.ts';
import { thinkingOptions } from '../text/index.ts';
import { explainOutOfMemoryOf } from '../torch/index.ts';
import type { RlConfig } from './config.ts';
import { Grading } from './reward/index.ts';
import { rolloutByGroup } from './rollout/index.ts';
import type { RlRun } from './run.ts';
import type { Metrics } from './training-loop.ts';
import { rightRewards } from './validation-metrics.ts';

/**
 * Measures the policy where that is due: before the first step, every `validate.every` steps, and after the last; then
 * keeps its checkpoint and takes note for the early stop, as far as a recipe asks for it.
 *
 * @param taken - steps the policy has taken
 * @returns the metrics; none where no validation is due
 */
export async function validate(run: RlRun, taken: number): Promise<Metrics> {
  const metrics = isDue(run.config, taken) ? await measure(run) : {};
  if (taken === 0) requireWatched(run.config, metrics);
  await run.checkpoints.after(run, taken, metrics);
  run.earlyStop.observe(taken, metrics, run);
  run.collapse.validation(metrics);
  return metrics;
}

/**
 * Refuses `keep` and `stop` by a metric that the held-out prompts do not give: they would silently do nothing.
 * @throws UsageError naming the setting and the metrics there are
 */
function requireWatched({ validate: settings, keep, stop }: RlConfig, metrics: Metrics): void {
  if (settings === undefined) return;
  const watched = {
    ...(keep && keep.best > 0 && { 'keep.metric': keep.metric }),
    ...(stop && { 'stop.metric': stop.metric }),
  };
  for (const [setting, metric] of Object.entries(watched)) {
    if (metrics[metric] !== undefined) continue;
    const there = Object.keys(metrics).filter((name) => name.startsWith('validation/'));
    throw new UsageError(
      `${setting}: the validation gives no ${metric}, as no reward could score its prompts for it`,
      `Give held-out prompts that can be scored, or watch one of ${there.join(', ')}.`,
    );
  }
}

function isDue({ validate: settings, steps }: RlConfig, taken: number): boolean {
  return settings !== undefined && (taken % settings.every === 0 || taken === steps);
}

async function measure(run: RlRun): Promise<Metrics> {
  const { config, context, learner, tokenizer, rewards, heldOut, fleet } = run;
  const { samples, sampling } = config.validate!;
  const { ranks } = context;
  const start = performance.now();
  const { template, thinking } = config;
  const told = thinkingOptions(thinking);
  const policy = {
    model: learner.model,
    tokenizer,
    template,
    ...told,
    version: learner.steps,
    sample: fleet?.sample,
  };
  const seed = Random.derive(context.seed, 'validation').int(0, 2 ** 32 - 1);
  const options = {
    ...sampling,
    maxTokens: sampling.maxTokens ?? config.sampling.maxTokens,
    maxRows: sampling.maxRows ?? config.sampling.maxRows,
    groupSize: samples,
    seed,
    ranks,
  };
  const grading = new Grading(rewards, { ranks, groupSize: samples });
  const completions = await explainOutOfMemoryOf(
    'lower `validate.sampling.maxRows` or `.maxTokens`',
    rolloutByGroup(policy, heldOut, options, (group) => grading.begin(group)),
  );
  const scored = await grading.scored(completions);
  return {
    ...describe(scored, rightRewards(config.rewards)),
    'seconds/validation': (performance.now() - start) / 1000,
  };
}

/**
 * The metrics of scored completions. A mean of what could score nothing is left out: that is not the same as 0.
 * @param right - rewards that say what is right: the first that could score a response decides, 1 is right
 */
export function describe(scored: readonly Scored[], right: readonly string[]): Metrics {
  const verdicts = scored.flatMap(
    ({ parts }) => right.map((name) => parts[name] ?? null).find((part) => part !== null) ?? [],
  );
  const rewards = scored.flatMap(({ reward }) => reward ?? []);
  const parts = Object.keys(scored[0]?.parts ?? {}).map(
    (name) => [`rewards/${name}/mean`, scored.flatMap((one) => one.parts[name] ?? [])] as const,
  );
  const share = (of: (one: Scored) => boolean): number => scored.filter(of).length / scored.length;
  return named({
    ...mean(
      'accuracy',
      verdicts.map((verdict) => Number(verdict === 1)),
    ),
    ...mean('reward', rewards),
    ...Object.assign({}, ...parts.map(([name, values]) => mean(name, values))),
    ...mean(
      'length',
      scored.map(({ completion }) => completion.tokens.length),
    ),
    clipped_ratio: share(({ completion }) => completion.finish === 'length'),
    unscored_ratio: share(({ reward }) => reward === null),
  });
}

function named(metrics: Metrics): Metrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [`validation/${name}`, value] as const),
  );
}

function mean(name: string, values: readonly number[]): Metrics {
  return values.length === 0 ? {} : { [name]: values.reduce((sum, value) => sum + value, 0) / values.length };
}
