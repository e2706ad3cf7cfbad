/** @file Cost of one operator call, and distance of the reference checkpoints' loss from that of transformers. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type LanguageModel, loadModel, readSafetensors } from '../../src/models/index.ts';
import { LogprobPass } from '../../src/rl/loss/index.ts';
import { indices, noGrad, ones, packageRoot, scope } from '../../src/torch/index.ts';
import { Bench, median, round } from './bench.ts';
import type { Settings } from './settings.ts';

const CALLS = 20_000;
const READS = 200;

/** Microseconds of a call that adds two vectors of 8, and of reading a sum back. */
export function operators(settings: Settings): void {
  const bench = new Bench('ops', settings);
  settings.done();
  const [x, y] = [ones([8], bench), ones([8], bench)];
  const adds = (): void => {
    for (let i = 0; i < CALLS; i++) x.add(y).dispose();
  };
  noGrad(() => {
    adds();
    const calls = Array.from({ length: 5 }, () => (bench.time(adds) * 1000) / CALLS);
    bench.print({ what: 'add, us per call', us: round(median(calls), 2) });
    const reads = Array.from({ length: READS }, () => {
      using sum = x.add(y);
      return bench.time(() => void scope(() => sum.sum().item())) * 1000;
    });
    bench.print({ what: 'sum().item(), us', us: round(median(reads), 2) });
  });
}

/**
 * Mean loss of the tokens that a reference checkpoint was computed on, in float32 and bfloat16, beside the reference.
 *
 * `dir`: a folder of checkpoints with expected.json and expected.safetensors. `models`: their names.
 */
export function reference(settings: Settings): void {
  const bench = new Bench('ref', settings);
  const dir = path.resolve(settings.text('dir', path.join(packageRoot, 'tests/reference/models')));
  const names = settings.text('models', 'llama3,qwen2,qwen3').split(',');
  settings.done();
  for (const name of names) {
    const checkpoint = path.join(dir, name);
    const expected = JSON.parse(readFileSync(path.join(checkpoint, 'expected.json'), 'utf8')) as {
      loss: number;
    };
    const rows = readRows(path.join(checkpoint, 'expected.safetensors'));
    const found = (['float32', 'bfloat16'] as const).map((dtype) => {
      const model = loadModel(checkpoint, { device: bench.device, dtype });
      const loss = lossOf(model, rows);
      model.dispose();
      return [
        [dtype, loss],
        [`${dtype}_rel`, Math.abs(loss - expected.loss) / expected.loss],
      ] as const;
    });
    bench.print({ name, expected: expected.loss, ...Object.fromEntries(found.flat()) });
  }
}

function readRows(file: string): number[][] {
  return scope(() => {
    const tokens = readSafetensors(file).tensors.get('input_ids')!;
    const [count, length] = tokens.shape as [number, number];
    const all = Array.from(tokens.toInt32Array());
    return Array.from({ length: count }, (_, row) => all.slice(row * length, (row + 1) * length));
  });
}

function lossOf(model: LanguageModel, rows: readonly (readonly number[])[]): number {
  const { device, config } = model;
  return noGrad(() =>
    scope(() => {
      const inputs = rows.flatMap((row) => row.slice(0, -1));
      const targets = rows.flatMap((row) => row.slice(1));
      const tokens = indices(inputs, [rows.length, inputs.length / rows.length], device);
      const states = model.hidden({ tokens }).flatten(0, 1);
      const pass = new LogprobPass(model, states, indices(targets, undefined, device), config.vocabSize);
      return -pass.logprobs.mean().item();
    }),
  );
}
