/**
 * @file Warnings of a collapse: the entropy of the policy, or its accuracy, falls far below what it was in this run.
 *
 * Entropy falls in every run that learns. It has collapsed where little is left of it, most groups have the same reward in
 * all completions, and yet they are not all right: then sampling finds nothing new, and what is wrong stays wrong.
 */
import type { Json } from '../records.ts';
import type { Watcher } from '../run/stage.ts';
import type { RlConfig } from './config.ts';
import type { Metrics, Resumable } from './training-loop.ts';
import { rightRewards } from './validation-metrics.ts';

/** Steps over which a mean is taken. */
const WINDOW = 5;
/** Share of the first entropies below which little is left. */
const LITTLE = 0.05;
/** An accuracy has collapsed where it is below this share of the best, and that far away in standard errors. */
const HALF = 0.5;
const ERRORS = 4;

/** What a state keeps. */
interface Seen {
  /** Of the first steps, and of the last. */
  readonly firstEntropies: readonly number[];
  readonly entropies: readonly number[];
  readonly flat: readonly number[];
  readonly accuracies: readonly number[];
  /** The highest mean accuracy of a window, or the highest of a validation where there are some. */
  readonly best: number;
}

export class CollapseWatch implements Resumable {
  readonly #config: RlConfig;
  readonly #watcher: Pick<Watcher, 'warn'>;
  #seen: Seen = { firstEntropies: [], entropies: [], flat: [], accuracies: [], best: 0 };

  constructor(config: RlConfig, watcher: Pick<Watcher, 'warn'>) {
    this.#config = config;
    this.#watcher = watcher;
  }

  /** Takes note of what a step measured. */
  step(metrics: Metrics): void {
    const seen = this.#seen;
    const latest = (values: readonly number[], value: number | undefined): number[] =>
      [...values, ...(value === undefined ? [] : [value])].slice(-WINDOW);
    const [right] = rightRewards(this.#config.rewards);
    const { entropy } = metrics;
    this.#seen = {
      ...seen,
      firstEntropies: [...seen.firstEntropies, entropy ?? 0].slice(0, WINDOW),
      entropies: latest(seen.entropies, entropy),
      flat: latest(seen.flat, metrics.frac_reward_zero_std),
      accuracies: latest(seen.accuracies, metrics[`rewards/${right}/mean`]),
    };
    this.#warnOfEntropy();
    const { validate, promptsPerStep, groupSize } = this.#config;
    if (validate === undefined && this.#seen.accuracies.length === WINDOW) {
      this.#accuracy(mean(this.#seen.accuracies), WINDOW * promptsPerStep * groupSize, 'of the completions');
    }
  }

  /** Takes note of a validation; nothing where it says nothing of accuracy. */
  validation({ 'validation/accuracy': accuracy }: Metrics): void {
    const { validate } = this.#config;
    if (accuracy === undefined || validate === undefined) return;
    this.#accuracy(accuracy, validate.problems * validate.samples, 'of the held-out responses');
  }

  #warnOfEntropy(): void {
    const { firstEntropies, entropies, flat, accuracies } = this.#seen;
    if (entropies.length < WINDOW || firstEntropies.length < WINDOW) return;
    const [first, now] = [mean(firstEntropies), mean(entropies)];
    const isSolved = accuracies.length > 0 && mean(accuracies) > 0.9;
    if (now >= LITTLE * first || mean(flat) <= 0.5 || isSolved) return;
    this.#watcher.warn(
      'entropy collapse',
      `the entropy of the policy fell from ${first.toPrecision(2)} to ${now.toPrecision(2)} nats a token, and ` +
        `${percent(mean(flat))} of the groups have the same reward in all completions: sampling finds nothing new; ` +
        'start again from an earlier checkpoint with a larger `clipHigh` in `loss.policy`, a `loss.entropy.bonus`, a lower learning rate or a higher `sampling.temperature`',
    );
  }

  /** @param count - responses it is the mean of */
  #accuracy(accuracy: number, count: number, of: string): void {
    const { best } = this.#seen;
    const error = Math.sqrt((best * (1 - best) + accuracy * (1 - accuracy)) / count);
    if (accuracy < HALF * best && best - accuracy > ERRORS * error) {
      this.#watcher.warn(
        'accuracy collapse',
        `only ${percent(accuracy)} ${of} are right, after ${percent(best)} earlier in this run: ` +
          'the policy has come apart, unless prompts became harder on purpose; go on from an earlier checkpoint (`keep`) with a lower learning rate, a KL (`loss.kl`) or fewer `minibatches`',
      );
    }
    this.#seen = { ...this.#seen, best: Math.max(best, accuracy) };
  }

  cursor(): Json {
    return { ...this.#seen };
  }

  seek(cursor: Json): void {
    this.#seen = cursor as unknown as Seen;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
