/** @file LoRA over a quantised base at the shapes of published models: memory and time of a GRPO step's rollout and update. */
import { sample } from '../../src/inference/engine/index.ts';
import {
  initModel,
  type LanguageModel,
  loraSchema,
  parseConfig,
  type QuantisedBase,
  withLora,
} from '../../src/models/index.ts';
import type { Sample } from '../../src/records.ts';
import { lossSchema } from '../../src/rl/loss/index.ts';
import { isPacked, microBatchTokens } from '../../src/rl/settings.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { updatePolicy } from '../../src/rl/update.ts';
import { passMemory, peakBytes } from '../../src/stages/common/training-memory.ts';
import { emptyCache, resetPeak } from '../../src/torch/index.ts';
import { Bench, round } from './bench.ts';
import type { Settings } from './settings.ts';
import { SHAPES } from './shapes.ts';
import { completionOf } from './training.ts';

const GIBIBYTE = 2 ** 30;

/** A group of completions of one prompt. */
interface Group {
  readonly rows: number;
  readonly prompt: number;
  readonly response: number;
}

/**
 * The rollout of a group, then its update, over random weights that are quantised layer by layer as they are drawn: GiB that
 * are held, peaks of both, tokens/s of the rollout, ms of the update. Ask for `dtype=bfloat16` on a GPU.
 *
 * `base`: none, int8, nf4. `group`, `prompt`, `new`: completions, tokens of the prompt and of each. `micro`: tokens of a
 * micro-batch. `recompute=0`: not, where there is no base. `graphs=0`: without CUDA graphs.
 */
export function qlora(settings: Settings): void {
  const bench = new Bench('qlora', settings, 'qwen7b');
  const named = settings.oneOf('base', ['none', 'int8', 'nf4'], 'nf4');
  const base = named === 'none' ? undefined : named;
  const group: Group = {
    rows: settings.number('group', 8, 2),
    prompt: settings.number('prompt', bench.sized(512, 16)),
    response: settings.number('new', bench.sized(1024, 8), 2),
  };
  const tokensPerMicroBatch = settings.number('micro', bench.sized(8192, microBatchTokens(undefined, 'cpu')));
  const recompute = settings.oneOf('recompute', ['0', '1'], '1') === '1' || base !== undefined;
  const graphs = settings.oneOf('graphs', ['0', '1'], '1') === '1' && bench.cuda;
  settings.done();
  const model = adaptedModel(bench, base);
  const learner = new Learner(model, optimizerSchema.parse({ peak: 1e-5 }), 1000, bench.dtype);
  const heldGiB = round(learner.bytes / GIBIBYTE, 2);
  bench.print({
    base: named,
    ...group,
    heldGiB,
    liveGiB: round(bench.memoryGiB.live, 2),
    drawnGiB: peak(bench),
  });
  bench.print({ base: named, what: 'rollout', graphs, ...rollout(bench, model, group, graphs) });
  const update = updateOf(bench, learner, group, { tokensPerMicroBatch, recompute });
  const saidGiB = said(bench, learner, group, { base, tokensPerMicroBatch, recompute });
  bench.print({ base: named, what: 'update', tokensPerMicroBatch, recompute, ...update, saidGiB });
  learner.dispose();
  model.dispose();
  emptyCache();
}

function adaptedModel(bench: Bench, base: QuantisedBase | undefined): LanguageModel {
  const { device, dtype, shape } = bench;
  const config = parseConfig(SHAPES[shape], shape);
  const model = initModel(config, 0, { device, dtype, base, drawnOn: 'device' });
  return withLora(model, loraSchema.parse({}), 0);
}

/** The most that was held, GiB; 0 on the CPU. */
function peak(bench: Bench): number {
  return round(bench.memoryGiB.peak, 2);
}

/** Runs a function once to warm up and once measured. */
function measured(
  bench: Bench,
  run: (warm: boolean) => void,
): { readonly ms: number; readonly peakGiB: number } {
  run(true);
  bench.synchronize();
  emptyCache();
  if (bench.cuda) resetPeak(bench.device);
  const ms = bench.time(() => run(false));
  return { ms: round(ms, 1), peakGiB: peak(bench) };
}

function rollout(bench: Bench, model: LanguageModel, { rows, prompt, response }: Group, graphs: boolean) {
  const prompts = [bench.tokens(prompt)];
  const { ms, peakGiB } = measured(bench, (warm) => {
    const maxTokens = warm ? Math.min(8, response) : response;
    const size = { groupSize: rows, maxRows: rows, maxTokens, stopTokens: [] };
    sample(model, prompts, { temperature: 1, seed: 1, graphs, ...size });
  });
  return { ms, tokps: Math.round((rows * response * 1000) / ms), peakGiB };
}

interface Passes {
  readonly tokensPerMicroBatch: number;
  readonly recompute: boolean;
}

function updateOf(bench: Bench, learner: Learner, { rows, prompt, response }: Group, passes: Passes) {
  const samples = Array.from({ length: rows }, (_, i): Sample => {
    const completion = completionOf(bench, `${i}`, prompt, response);
    const advantages = new Float32Array(response).fill(i % 2 === 1 ? 1 : -1);
    return { scored: { completion, reward: i % 2, parts: {} }, group: 0, advantages };
  });
  const packed = isPacked('auto', learner.model);
  const options = { temperature: 1, packed, padToken: 0, loss: lossSchema.parse({}), maxTokens: response };
  const { ms, peakGiB } = measured(bench, () => {
    updatePolicy(learner, { samples }, { ...options, ...passes });
  });
  return { ms, tokps: Math.round((rows * (prompt + response) * 1000) / ms), peakGiB };
}

/** What the dry run says of an update's peak, GiB. */
function said(
  { device, dtype }: Bench,
  { model, bytes }: Learner,
  { rows, prompt, response }: Group,
  { base, tokensPerMicroBatch, recompute }: Passes & { readonly base: QuantisedBase | undefined },
): number {
  const length = prompt + response;
  const tokens = length * Math.max(1, Math.min(rows, Math.floor(tokensPerMicroBatch / length)));
  const shape = {
    config: model.config,
    lora: true,
    base,
    recompute,
    tokens,
    length,
    head: {},
    device,
    dtype,
  };
  return round(peakBytes(bytes, passMemory(shape), 0) / GIBIBYTE, 2);
}
