/**
 * @file Log-probabilities of the reference in the micro-batches of an update, computed before its rewards are known.
 *
 * Which completions count is known only with their rewards: the micro-batches are those of an update in which every one
 * is scored. One that turns out otherwise is not found here, and the update computes it itself.
 */
import { microBatchesOf } from '../bucket.ts';
import type { LanguageModel } from '../models/index.ts';
import type { Completion } from '../records.ts';
import { noGrad, scope, type Tensor, tensor } from '../torch/index.ts';
import {
  collateSequences,
  counts,
  logprobsOf,
  type PassOptions,
  Pieces,
  type SequenceTensors,
  toResponses,
} from './loss/index.ts';
import { shareOut } from './minibatches.ts';
import { passOptions, type RlRun } from './run.ts';

/** log π_ref of a micro-batch's response tokens, [B, R], 0 on padding; without history. */
export function referenceLogprobs(
  reference: LanguageModel,
  batch: SequenceTensors,
  temperature: number,
): Tensor {
  return noGrad(() =>
    scope(() => toResponses(logprobsOf(reference, batch, { temperature }).logprobs, batch)),
  );
}

/** The passes of a reference over one rollout. */
export class ReferencePasses {
  readonly pieces: Pieces<void>;
  /** By the first completion of each micro-batch. */
  readonly #found = new Map<Completion, Found>();

  /** @param step - steps taken before this one */
  constructor(run: RlRun, reference: LanguageModel, completions: readonly Completion[], step: number) {
    this.pieces = new Pieces(this.#compute(run, reference, completions, step));
  }

  /** log π_ref of a micro-batch as `referenceLogprobs` gives it, or undefined where that was not computed. */
  of(completions: readonly Completion[], device: string): Tensor | undefined {
    const found = this.#found.get(completions[0]!);
    if (found === undefined || found.completions.length !== completions.length) return undefined;
    if (!found.completions.every((one, i) => one === completions[i])) return undefined;
    return tensor(found.logprobs, [...found.shape], { device });
  }

  /** Forgets all: the reference has other weights now. */
  clear(): void {
    this.#found.clear();
  }

  *#compute(
    run: RlRun,
    reference: LanguageModel,
    completions: readonly Completion[],
    step: number,
  ): Generator<void, () => void> {
    const options = passOptions(run);
    const { minibatches, loss } = run.config;
    const parts = shareOut(completions, { minibatches, seed: run.context.seed, step });
    for (const part of parts.slice(0, beforeMoving(run))) {
      const counted = part.filter((completion) => counts(completion, loss));
      const sizes = counted.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length);
      for (const bucket of microBatchesOf(run.learner.ranks, sizes, options)) {
        this.#pass(
          reference,
          bucket.map((i) => counted[i]!),
          options,
        );
        yield;
      }
    }
    return () => undefined;
  }

  #pass(reference: LanguageModel, completions: readonly Completion[], options: PassOptions): void {
    const { device } = reference;
    scope(() => {
      const batch = collateSequences(completions, { ...options, device });
      const logprobs = referenceLogprobs(reference, batch, options.temperature).toFloat32Array();
      this.#found.set(completions[0]!, { completions, logprobs, shape: batch.responseShape });
    });
  }
}

interface Found {
  readonly completions: readonly Completion[];
  readonly logprobs: Float32Array;
  readonly shape: SequenceTensors['responseShape'];
}

/** Optimiser steps of an update until the reference follows the policy. */
function beforeMoving({ learner, config }: RlRun): number {
  const { referenceEvery } = config.loss.kl;
  return referenceEvery === null ? Infinity : referenceEvery - (learner.steps % referenceEvery);
}
