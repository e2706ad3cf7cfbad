/** @file Training steps: supervised fine-tuning, the policy's update, and the digits of three steps. */
import { layRows, padRows, type Rows } from '../../src/data/index.ts';
import { initModel, parseConfig } from '../../src/models/index.ts';
import type { Completion, Sample } from '../../src/records.ts';
import { computeLogprobs, lossSchema } from '../../src/rl/loss/index.ts';
import { isPacked } from '../../src/rl/settings.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { updatePolicy } from '../../src/rl/update.ts';
import { nextTokenStep } from '../../src/stages/common/next-token.ts';
import { readResponse } from '../../src/text/index.ts';
import { Bench, median, parametersOf, repeatsOf, round } from './bench.ts';
import type { Settings } from './settings.ts';
import { SHAPES } from './shapes.ts';

/**
 * One optimiser step of supervised fine-tuning.
 *
 * `rows`, `len`: rows of a step and their tokens. `pack`: documents in a row. `recompute=1` computes
 * activations again in the backward pass.
 */
export function sft(settings: Settings): void {
  const bench = new Bench('sft', settings);
  const rows = settings.number('rows', bench.sized(8, 2));
  const len = settings.number('len', bench.sized(1024, 64), 2);
  const pack = settings.number('pack', 1);
  const recompute = settings.flag('recompute');
  const repeats = repeatsOf(settings);
  settings.done();
  const learner = learnerOf(bench, 1e-5);
  const { model } = learner;
  const stateGiB = round(bench.memoryGiB.live, 2);
  const document = (length: number) => ({
    tokens: bench.tokens(length),
    trained: new Uint8Array(length).fill(1),
  });
  const documents = (): Rows =>
    pack === 1
      ? padRows(
          repeat(rows, () => document(len)),
          0,
        )
      : layRows(
          repeat(rows, () => repeat(pack, () => document(Math.floor(len / pack)))),
          len,
          0,
        );
  const batches = repeat(4, documents);
  let step = 0;
  const counts = { tokens: rows * len, length: len, parameters: parametersOf(model) };
  const take = () => nextTokenStep(learner, [batches[step++ % batches.length]!], { recompute });
  bench.steps(repeats, take, counts, { rows, len, pack, recompute, stateGiB });
}

/** A learner as a stage has it: weights in the precision asked for, over a float32 master where that is bf16. */
function learnerOf(bench: Bench, peak: number): Learner {
  return new Learner(bench.model('float32'), optimizerSchema.parse({ peak }), 1000, bench.dtype);
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/**
 * One optimiser step of the policy on a rollout with the default loss.
 *
 * `rows`, `len`, `prompt`: completions, the tokens of the longest, and how many of these are the prompt. `lengths`:
 * responses all of that length, or log-uniform from a sixteenth of it. `micro`: tokens of a micro-batch. `packing`:
 * whether sequences lie end to end in one row, as the setting of the stage. `inspect=1` times the log-probabilities alone
 * too. `recompute=1` as in sft. `tokps` counts prompts and responses, and no padding.
 */
export function rl(settings: Settings): void {
  const bench = new Bench('rl', settings);
  const rows = settings.number('rows', bench.sized(16, 4));
  const len = settings.number('len', bench.sized(1024, 64), 2);
  const prompt = settings.number('prompt', bench.sized(64, 16));
  const lengths = settings.oneOf('lengths', ['equal', 'log-uniform'], 'equal');
  const packing = settings.oneOf('packing', ['auto', 'true', 'false'], 'auto');
  const tokensPerMicroBatch = settings.number('micro', 16_384);
  const inspect = settings.flag('inspect');
  const recompute = settings.flag('recompute');
  const repeats = repeatsOf(settings);
  settings.done();
  const learner = learnerOf(bench, 1e-6);
  const { model } = learner;
  const stateGiB = round(bench.memoryGiB.live, 2);
  const packed = isPacked(packing === 'auto' ? packing : packing === 'true', model);
  const options = { temperature: 1, tokensPerMicroBatch, packed, padToken: 0 };
  const completions = responseLengths(lengths, rows, len - prompt).map((length, i) =>
    completionOf(bench, `${i}`, prompt, length),
  );
  const tokens = completions.reduce((sum, completion) => sum + prompt + completion.tokens.length, 0);
  const samples = completions.map(
    (completion, i): Sample => ({
      scored: { completion, reward: i % 2, parts: {} },
      group: 0,
      advantages: new Float32Array(completion.tokens.length).fill(i % 2 === 1 ? 1 : -1),
    }),
  );
  if (inspect) {
    const ms = median(repeat(5, () => bench.time(() => void computeLogprobs(model, completions, options))));
    bench.print({
      what: 'inspect (score)',
      ms: round(ms, 1),
      tokps: Math.round((tokens / ms) * 1000),
    });
  }
  const loss = lossSchema.parse({});
  const counts = { tokens, length: Math.round(tokens / rows), parameters: parametersOf(model) };
  const update = { ...options, loss, recompute, maxTokens: len - prompt };
  const take = () => updatePolicy(learner, { samples }, update);
  bench.steps(repeats, take, counts, { rows, len, lengths, packed, tokens, recompute, stateGiB });
}

/** Lengths of responses, the longest among them: all equal, or their logarithms evenly spread over a factor of 16. */
function responseLengths(lengths: 'equal' | 'log-uniform', count: number, longest: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    if (lengths === 'equal') return longest;
    return Math.max(1, Math.round(longest * 16 ** ((i + 0.5) / count - 1)));
  });
}

/** A completion of random tokens. */
export function completionOf(bench: Bench, id: string, prompt: number, length: number): Completion {
  return {
    prompt: { id, task: 'bench', text: '', answer: null },
    promptTokens: bench.tokens(prompt),
    tokens: bench.tokens(length),
    logprobs: new Float32Array(length).fill(-12),
    text: '',
    response: readResponse(''),
    finish: 'length',
    policyVersion: 0,
  };
}

/** Loss and gradient norm of three steps on fixed rows: a change that is to be faster alone leaves the digits. */
export function digits(settings: Settings): void {
  const bench = new Bench('digits', settings, 'tiny');
  settings.done();
  const config = parseConfig({ ...SHAPES.tiny, max_position_embeddings: 512 }, 'tiny');
  const model = initModel(config, 0, { device: bench.device });
  const learner = new Learner(model, optimizerSchema.parse({ peak: 1e-3 }), 10, bench.dtype);
  const row = (r: number) => ({
    tokens: Int32Array.from({ length: 64 }, (_, i) => (i * 37 + r * 11) % 1000),
    trained: new Uint8Array(64).fill(1),
  });
  const rows = padRows([row(0), row(1)], 0);
  const values = repeat(3, () => nextTokenStep(learner, [rows])).flatMap(({ loss, gradNorm }) => [
    loss.toFixed(7),
    gradNorm.toFixed(7),
  ]);
  bench.print({ values });
}
