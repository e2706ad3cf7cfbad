/**
 * @file The rollout: policy × Prompt → Completion[], for one set of prompts and for the steps of a run.
 *
 * `rollout` templates and tokenises prompts, samples, decodes and reads the responses; `rolloutByGroup` hands each prompt's
 * over while others are still sampled, so that they can be scored. `Rollouts` gives each step of a run its completions,
 * `groupSize` of the policy to each of its prompts. Each draw has a random stream of its own, derived from the seed, the
 * step and the attempt, so that nothing else moves it. With `staleness` s the completions of step t are sampled before the
 * updates of step t − s, by a policy at most s steps old, as when sampling and training run side by side (AReaL, arXiv
 * 2505.24298). What waits is part of a run's state: it was sampled by weights that are no more. Leaves out sampling at the
 * same time as training: one thing after the other.
 */
import { type Response, type SampleOptions, sample, sampleByGroup } from '../../inference/engine/index.ts';
import type { LanguageModel } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { ALONE, type Ranks, shareOf } from '../../ranks.ts';
import type { Completion, Json, Prompt } from '../../records.ts';
import {
  encodeQuestion,
  type PromptTemplate,
  questionOf,
  type RenderOptions,
  readResponse,
  type Tokenizer,
  thinkingOptions,
} from '../../text/index.ts';
import { explainOutOfMemoryOf } from '../../torch/index.ts';
import { loadAhead, saveAhead } from './ahead-file.ts';

/** A model that answers prompts: weights, tokenizer and the template its prompts are put in. */
export interface Policy {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly template: PromptTemplate;
  /** What the chat template is told beside the conversation, such as `{ enable_thinking: false }`. */
  readonly variables?: RenderOptions['variables'];
  /** Optimiser steps the weights have taken. */
  readonly version: number;
  /** Samples in place of this process: rollout servers, which have the same weights. */
  readonly sample?: SampleGroups | undefined;
}

/** How responses are sampled. */
export interface RolloutOptions extends Omit<SampleOptions, 'stopTokens' | 'firstPrompt'> {
  /** The tokenizer's end-of-sequence tokens unless given. */
  readonly stopTokens?: readonly number[];
  /** Processes that share out the prompts: each samples some, and all get the responses to all. ALONE unless given. */
  readonly ranks?: Ranks;
}

/** Groups of responses to prompts in tokens, as `sampleByGroup` gives them. */
export type SampleGroups = (
  prompts: readonly Int32Array[],
  options: SampleOptions,
  onGroup: (prompt: number, responses: readonly Response[]) => void,
) => Promise<Response[][]>;

/** `options.groupSize` completions of each prompt, those of one prompt next to one another. */
export function rollout(
  policy: Policy,
  prompts: readonly Prompt[],
  { ranks = ALONE, ...options }: RolloutOptions,
): Completion[] {
  const { ids, completionsOf } = asked(policy, prompts);
  const stopTokens = options.stopTokens ?? policy.tokenizer.eosIds;
  const [firstPrompt, end] = shareOf(ids.length, ranks);
  const own = sample(policy.model, ids.slice(firstPrompt, end), { ...options, stopTokens, firstPrompt });
  return ranks
    .gather(own)
    .flat()
    .flatMap((group, i) => completionsOf(i, group));
}

/** Takes the completions of one prompt. */
export type OnGroup = (completions: readonly Completion[]) => void;

/** As `rollout`, but the event loop turns meanwhile, and each group of this rank is handed over once it is whole. */
export async function rolloutByGroup(
  policy: Policy,
  prompts: readonly Prompt[],
  { ranks = ALONE, ...options }: Omit<RolloutOptions, 'stopTokens'>,
  onGroup: OnGroup,
): Promise<Completion[]> {
  const { ids, completionsOf } = asked(policy, prompts);
  const groups: Completion[][] = [];
  const { eosIds: stopTokens } = policy.tokenizer;
  const [firstPrompt, end] = shareOf(ids.length, ranks);
  const { sample: sampleGroups = sampleHere(policy.model) } = policy;
  const own = await sampleGroups(
    ids.slice(firstPrompt, end),
    { ...options, stopTokens, firstPrompt },
    (i, responses) => {
      groups[firstPrompt + i] = completionsOf(firstPrompt + i, responses);
      onGroup(groups[firstPrompt + i]!);
    },
  );
  // Those of this rank stay the objects that were handed over.
  for (const [i, group] of ranks.gather(own).flat().entries()) groups[i] ??= completionsOf(i, group);
  return groups.flat();
}

function sampleHere(model: LanguageModel): SampleGroups {
  return (ids, options, onGroup) => sampleByGroup(model, ids, options, onGroup);
}

/** Prompts in tokens, and what makes completions of the responses to each. */
function asked({ tokenizer, template, variables, version }: Policy, prompts: readonly Prompt[]) {
  const told = variables && { variables };
  const encoded = prompts.map((prompt) => encodeQuestion(template, questionOf(prompt), tokenizer, told));
  const completionsOf = (i: number, responses: readonly Response[]): Completion[] =>
    responses.map((sampled) => {
      const text = tokenizer.decode(sampled.tokens, { skipSpecial: true });
      const { ids: promptTokens, prefilledThinking: opened } = encoded[i]!;
      const response = readResponse(text, { opened });
      return { prompt: prompts[i]!, promptTokens, ...sampled, text, response, policyVersion: version };
    });
  return { ids: encoded.map(({ ids }) => ids), completionsOf };
}

/** Who is asked, and what. */
export interface RolloutSource {
  /** The policy as it is now, and the optimiser steps it has taken. */
  readonly learner: { readonly model: LanguageModel; readonly steps: number; readonly ranks?: Ranks };
  readonly tokenizer: Tokenizer;
  /** See Policy. */
  readonly sample?: SampleGroups | undefined;
  /** `next(count, step)` draws the prompts of a step. */
  readonly prompts: { next(count: number, step: number): readonly Prompt[] };
}

/** Settings of a recipe's rl stage that rollouts read. */
export interface RolloutSettings {
  readonly template: PromptTemplate;
  readonly thinking?: boolean | undefined;
  readonly steps: number;
  readonly promptsPerStep: number;
  readonly groupSize: number;
  readonly staleness: number;
  readonly sampling: Omit<SampleOptions, 'groupSize' | 'stopTokens' | 'seed'>;
  /** Routers' choices are recorded where it is given. */
  readonly routerReplay?: boolean | undefined;
}

/** The rollouts of a run, step after step; what is sampled ahead is saved and resumed with the run. */
export class Rollouts {
  readonly #source: RolloutSource;
  readonly #settings: RolloutSettings;
  readonly #seed: number;
  /** Sampled and not yet learnt from, by step, the next one first. */
  #ahead: (readonly Completion[])[] = [];

  constructor(source: RolloutSource, settings: RolloutSettings, seed: number) {
    this.#source = source;
    this.#settings = settings;
    this.#seed = seed;
  }

  /**
   * The completions of a step (counted from 0), those of one prompt next to one another.
   * @param onGroup - gets this step's groups: what was sampled ahead at once, the others as each is whole
   */
  async next(step: number, onGroup: OnGroup = ignore): Promise<readonly Completion[]> {
    const { staleness, steps, promptsPerStep } = this.#settings;
    const last = Math.min(step + staleness, steps - 1);
    if (this.#ahead.length > 0) onGroup(this.#own(this.#ahead[0]!));
    // One step after another: each goes on in the prompts where the one before it stopped.
    while (step + this.#ahead.length <= last) {
      const take = this.#ahead.length === 0 ? onGroup : ignore;
      this.#ahead.push(await this.draw(step + this.#ahead.length, promptsPerStep, 0, take));
    }
    return this.#ahead.shift()!;
  }

  /** Those of whole groups that are this rank's share. */
  #own(completions: readonly Completion[]): readonly Completion[] {
    const { groupSize } = this.#settings;
    const [first, end] = shareOf(completions.length / groupSize, this.#source.learner.ranks ?? ALONE);
    return completions.slice(first * groupSize, end * groupSize);
  }

  /**
   * Responses to the next `count` prompts by the policy as it is now.
   * @param attempt - how many draws the step had before this one
   * @param onGroup - gets each group once it is whole
   */
  async draw(
    step: number,
    count: number,
    attempt: number,
    onGroup: OnGroup = ignore,
  ): Promise<readonly Completion[]> {
    const { learner, tokenizer, prompts, sample: sampleGroups } = this.#source;
    const { template, thinking, groupSize, sampling, routerReplay } = this.#settings;
    const recordExperts = routerReplay !== undefined;
    const told = thinkingOptions(thinking);
    const policy = {
      model: learner.model,
      tokenizer,
      template,
      ...told,
      version: learner.steps,
      sample: sampleGroups,
    };
    const purpose = attempt === 0 ? [step] : [step, attempt];
    const seed = Random.derive(this.#seed, 'sampling', ...purpose).int(0, 2 ** 32 - 1);
    return explainOutOfMemoryOf(
      'lower `sampling.maxRows` or `sampling.maxTokens`',
      rolloutByGroup(
        policy,
        prompts.next(count, step),
        { ...sampling, groupSize, seed, recordExperts, ranks: learner.ranks ?? ALONE },
        onGroup,
      ),
    );
  }

  /** Writes what waits beside a state in `dir`; returns the file's name, or null. */
  cursor({ dir, step }: { readonly dir: string; readonly step: number }): Promise<Json> {
    return saveAhead(dir, step, this.#ahead);
  }

  /** Goes to where `cursor` was taken. */
  seek(name: Json, dir: string): void {
    this.#ahead = typeof name === 'string' ? loadAhead(dir, name) : [];
  }
}

const ignore: OnGroup = () => undefined;

/** Mean number of optimiser steps between sampling and now, the policy having taken `steps`. */
export function meanStaleness(completions: readonly Completion[], steps: number): number {
  const sum = completions.reduce((total, { policyVersion }) => total + steps - policyVersion, 0);
  return sum / Math.max(1, completions.length);
}
