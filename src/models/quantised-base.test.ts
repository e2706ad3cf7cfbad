import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyCheckpoint } from '../../tests/support/tiny-checkpoint.ts';
import { dispose, indices, memory, noGrad, randn, scope, type Tensor } from '../torch/index.ts';
import { loadAdapter, saveAdapter } from './adapter.ts';
import { loadModel, loadReader } from './checkpoint.ts';

import type { LanguageModel } from './language-model.ts';
import {
  adaptedLayers,
  innerLinears,
  loraSchema,
  mergeLora,
  quantisedWeight,
  quantisedWeights,
  trainableParameters,
  unquantisedParameters,
  withLora,
} from './layers/index.ts';
import { useReadingNumerics } from './precision.ts';
import { statesPass } from './recompute.ts';
import { followWeights, withSharedWeights } from './shared-weights.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-quantised-'));
let checkpoint: string;
let tiedCheckpoint: string;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
  tiedCheckpoint = await writeTinyCheckpoint(path.join(root, 'tied'), 0, { tie_word_embeddings: true });
});
afterAll(() => rmSync(root, { recursive: true }));

/** A model with additions that change what it computes. */
function adapted(model: LanguageModel): LanguageModel {
  withLora(model, loraSchema.parse({ rank: 4 }), 1);
  noGrad(() => {
    for (const [i, [, { lora }]] of adaptedLayers(model).entries()) lora!.B.fill_(0.02 * (1 + (i % 3)));
  });
  return model;
}

/** The same model, its linear layers not quantised but with the values that quantised ones have. */
function plainTwin(model: LanguageModel): LanguageModel {
  const plain = loadModel(checkpoint);
  const weights = plain.stateDict();
  noGrad(() => {
    for (const [name, weight] of quantisedWeights(model))
      scope(() => weights.get(name)!.copy_(weight.dequantised('float32')));
  });
  return plain;
}

/** More rows than a product without dequantising takes. */
const ROWS = 18;
const tokens = (): Tensor =>
  indices(
    Array.from({ length: ROWS }, (_, i) => 1 + (i % 8)),
    [2, ROWS / 2],
  );

function logitsOf(model: LanguageModel): number[] {
  return noGrad(() => scope(() => [...model.forward({ tokens: tokens() }).toFloat32Array()]));
}

/** Gradients of the additions for a loss of the states. */
function gradientsOf(model: LanguageModel, recompute: boolean): Map<string, number[]> {
  scope(() => {
    const pass = statesPass(model, { tokens: tokens() }, recompute);
    pass.states.mul(pass.states).sum().backward();
    pass.backward();
  });
  return new Map(trainableParameters(model).map(([name, { grad }]) => [name, grad!.toArray()]));
}

describe.each(['int8', 'nf4'] as const)('a base in %s', (base) => {
  it('quantises every linear layer but the head, and leaves all else as it is in the files', () => {
    const [model, plain] = [loadModel(checkpoint, { base }), loadModel(checkpoint)];
    expect([...quantisedWeights(model).keys()]).toEqual(
      innerLinears(plain).map(([name]) => `${name}.weight`),
    );
    const expected = plain.stateDict();
    const same = unquantisedParameters(model);
    expect(same.map(([name]) => name)).toContain('lm_head.weight');
    for (const [name, parameter] of same)
      expect(parameter.toArray(), name).toEqual(expected.get(name)!.toArray());
    expect(same.length + quantisedWeights(model).size).toBe(expected.size);
    dispose([model, plain]);
  });

  it('holds no more than the quantised weights once it is loaded, and gives all back', () => {
    const first = loadModel(checkpoint, { base });
    first.dispose();
    const before = memory();
    const model = loadModel(checkpoint, { base });
    const held = model
      .parameters()
      .reduce((sum, { numel, dtype }) => sum + numel * (dtype === 'float32' ? 4 : 1), 0);
    // 4 bytes stand for the shape of each quantised weight.
    expect(memory().bytes - before.bytes).toBe(held + 4 * quantisedWeights(model).size);
    logitsOf(model);
    const computed = memory().bytes;
    logitsOf(model);
    expect(memory().bytes).toBe(computed);
    model.dispose();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  it('gives the states, and the additions the gradients, of a model with the dequantised weights', () => {
    const model = adapted(loadModel(checkpoint, { base }));
    const plain = adapted(plainTwin(model));
    expect(logitsOf(model)).toEqual(logitsOf(plain));
    const [found, expected] = [gradientsOf(model, false), gradientsOf(plain, true)];
    expect([...found.keys()].every((name) => /lora\.[AB]$/.test(name))).toBe(true);
    expect(found).toEqual(expected);
    dispose([model, plain]);
  });

  it('keeps no dequantised weight from the forward pass to the backward pass', () => {
    const model = adapted(loadModel(checkpoint, { base }));
    logitsOf(model);
    scope(() => {
      const before = memory().bytes;
      const pass = statesPass(model, { tokens: tokens() }, false);
      const { layers, hiddenSize } = model.config;
      // The inputs of the layers and of the final norm, and the states; the embedding's tokens and rotations are small.
      expect(memory().bytes - before).toBeLessThan(4 * ROWS * hiddenSize * (layers + 2) + 4096);
      pass.states.sum().backward();
      pass.backward();
    });
    model.dispose();
  });

  it.each([true, false])('quantises the head of a model that is only read: tied %s', (tied) => {
    const dir = tied ? tiedCheckpoint : checkpoint;
    const numerics = useReadingNumerics(base, 'cpu');
    const [model, plain] = [loadReader(dir, 'cpu', numerics), loadModel(dir, { base })];
    expect(model.headWeight).toBeUndefined();
    expect(model.stateDict().has('lm_head.weight')).toBe(false);
    noGrad(() => {
      const { headWeight } = plain;
      scope(() => headWeight!.copy_(quantisedWeight(headWeight!, base).dequantised('float32')));
    });
    const states = randn([ROWS, model.config.hiddenSize]);
    // Many rows and few.
    for (const rows of [ROWS, 2])
      scope(() => {
        const some = states.narrow(0, 0, rows);
        expect(model.logits(some).sub(plain.logits(some)).abs().max().item()).toBeLessThan(1e-5);
      });
    dispose([model, plain, states]);
  });

  it('shares its weights with a reference', () => {
    const model = adapted(loadModel(checkpoint, { base }));
    const before = memory().bytes;
    const twin = withSharedWeights(model);
    const additions = adaptedLayers(model).flatMap(([, { lora }]) => lora!.parameters());
    expect(memory().bytes - before).toBe(additions.reduce((sum, { numel }) => sum + 4 * numel, 0));
    expect(logitsOf(twin)).toEqual(logitsOf(model));
    noGrad(() => {
      for (const [, { lora }] of adaptedLayers(model))
        scope(() => lora!.B.copy_(randn(lora!.B.shape).mul(0.1)));
    });
    expect(logitsOf(twin)).not.toEqual(logitsOf(model));
    followWeights(twin, model);
    expect(logitsOf(twin)).toEqual(logitsOf(model));
    dispose([twin, model]);
  });

  it('takes an adapter that was saved, and computes as it did', async () => {
    const model = adapted(loadModel(checkpoint, { base }));
    const dir = path.join(root, `adapter-${base}`);
    await saveAdapter(model, dir, checkpoint);
    const loaded = loadAdapter(loadModel(checkpoint, { base }), dir);
    expect(logitsOf(loaded)).toEqual(logitsOf(model));
    dispose([model, loaded]);
  });

  it('cannot be merged in place', () => {
    const model = adapted(loadModel(checkpoint, { base }));
    expect(() => mergeLora(model)).toThrow('a quantised layer cannot take up its addition');
    model.dispose();
  });
});
