/** @file Sampler of responses: a checkpoint in this process, or a model behind an endpoint. */
import path from 'node:path';
import { endpointCompletion, remoteMessages } from '../../evaluation/index.ts';
import { loadModel, sampledPositions } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { onFirst } from '../../ranks.ts';
import type { Completion, Prompt } from '../../records.ts';
import { type Endpoint, openEndpoint } from '../../remote/index.ts';
import { type Policy, requireContext, rollout } from '../../rl/rollout/index.ts';
import { STATE } from '../../run/artifact.ts';
import { modelFingerprint } from '../../run/fingerprint.ts';
import type { StageContext } from '../../run/stage.ts';
import { encodePrompt, questionOf, Tokenizer } from '../../text/index.ts';
import { type DType, explainOutOfMemory } from '../../torch/index.ts';
import type { RejectConfig } from './config.ts';
import { inParallel } from './in-parallel.ts';

/** A model that answers prompts: with several ranks a checkpoint in all of them, or an endpoint that rank 0 asks. */
export interface Sampler {
  /** What stands in each line as its model: a checkpoint's fingerprint, or address and name. */
  readonly fingerprint: string;
  /** Refuses prompts that leave no room for a response. */
  require(prompts: readonly Prompt[]): void;
  /** `samples` responses to each prompt, those of one prompt next to one another. */
  sample(prompts: readonly Prompt[], batch: number): Promise<Completion[]>;
  /** Tokens of a text, where that can be told. */
  count(text: string): number | null;
  close(): void;
}

/** Directory of replies from endpoints, inside the stage's state: an interrupted stage does not pay twice. */
export function repliesDir(dir: string): string {
  return path.join(dir, STATE, 'replies');
}

/** Loads the checkpoint, or makes the client. */
export function openSampler(config: RejectConfig, dtype: DType, context: StageContext): Sampler {
  if (config.endpoint === undefined) return local(config, dtype, context);
  const warn = (id: string, text: string) => context.watcher.warn(id, text);
  return remote(openEndpoint(config.endpoint, warn, repliesDir(context.dir)), config, context);
}

function local(config: RejectConfig, dtype: DType, context: StageContext): Sampler {
  const { resolve, seed, device, ranks } = context;
  const { template, samples, sampling } = config;
  const checkpoint = resolve(config.model!);
  const tokenizer = Tokenizer.load(checkpoint);
  const model = loadModel(checkpoint, { device, dtype });
  const policy: Policy = { model, tokenizer, template, version: 0 };
  return {
    fingerprint: modelFingerprint(checkpoint),
    require(prompts) {
      const encoded = prompts.map((prompt) => encodePrompt(template, questionOf(prompt), tokenizer));
      const maxPositions = sampledPositions(model.config);
      const { maxTokens } = sampling;
      requireContext(encoded, { maxPositions, maxTokens, setting: 'sampling.maxTokens' });
    },
    async sample(prompts, batch) {
      const stream = Random.derive(seed, 'reject', batch).int(0, 2 ** 32 - 1);
      return explainOutOfMemory('lower `sampling.maxRows` or `sampling.maxTokens`', () =>
        rollout(policy, prompts, { ...sampling, groupSize: samples, seed: stream, ranks }),
      );
    },
    count: (text) => tokenizer.encode(text).length,
    close: () => model.dispose(),
  };
}

function remote(endpoint: Endpoint, config: RejectConfig, context: StageContext): Sampler {
  const { temperature, topP, maxTokens } = config.sampling;
  const { seed, signal, ranks } = context;
  const ask = async (prompt: Prompt, purpose: readonly number[]): Promise<Completion> => {
    const reply = await endpoint.chat({
      messages: remoteMessages(prompt, config.instruction),
      temperature,
      topP,
      maxTokens,
      // Below 2³¹: some servers read a signed integer.
      seed: Random.derive(seed, 'reject', prompt.id, ...purpose).int(0, 2 ** 31 - 1),
      signal,
    });
    return endpointCompletion(prompt, reply);
  };
  return {
    fingerprint: `${endpoint.model} at ${endpoint.baseUrl}`,
    require: () => undefined,
    sample: (prompts, batch) => {
      const asked = prompts.flatMap((prompt, i) =>
        Array.from({ length: config.samples }, (_, sample) => ({ prompt, purpose: [batch, i, sample] })),
      );
      return onFirst(ranks, () =>
        inParallel(asked, endpoint.concurrency, ({ prompt, purpose }) => ask(prompt, purpose)),
      );
    },
    count: () => null,
    close: () => undefined,
  };
}
