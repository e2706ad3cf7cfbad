/** Multi-token prediction of deepseek_v3 against the equations of its report in torch, computed in float64 (record-mtp.py). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { layRows, padRows } from '../../src/data/index.ts';
import { loadModel, readSafetensors, SafetensorsFile, saveModel } from '../../src/models/index.ts';
import { backwardRows } from '../../src/stages/common/next-token.ts';
import { dispose, noGrad, scope } from '../../src/torch/index.ts';
import { relativeError } from '../conformance/causal-lm.ts';
import { gradientNorms, type ModelNumbers, REFERENCE, readReference } from '../reference.ts';
import { testDevice as device } from '../support/device.ts';

const dir = path.join(REFERENCE, 'mtp');
const numbers: ModelNumbers & { readonly further_loss: number; readonly weight: number } = readReference(
  'expected.json',
  dir,
);
const { tensors: expected } = readSafetensors(path.join(dir, 'expected.safetensors'));
const model = loadModel(dir, { device, predictors: true });
const root = mkdtempSync(path.join(tmpdir(), 'aha-mtp-'));
afterAll(() => {
  dispose([model, expected]);
  rmSync(root, { recursive: true, force: true });
});

const documents = [0, 1].map((number) => {
  const tokens = Int32Array.from(expected.get(`tokens.${number}`)!.flatten().toArray());
  return { tokens, trained: new Uint8Array(tokens.length).fill(1) };
});
const targets = documents.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
const ahead = documents.reduce((sum, { tokens }) => sum + tokens.length - 2, 0);

describe('the predictor of deepseek_v3', () => {
  it.each([0, 1])('has the logits of the equations (sequence %i)', (number) => {
    scope(() => {
      const tokens = expected.get(`tokens.${number}`)!.to(device);
      const T = tokens.size(1);
      const states = noGrad(() => model.hidden({ tokens }));
      const next = { tokens: tokens.narrow(1, 1, T - 1) };
      const found = noGrad(() =>
        model.logits(model.predictors![0]!.states(states.narrow(1, 0, T - 1), next)),
      );
      expect(relativeError(model.logits(states), expected.get(`logits.${number}`)!.to(device))).toBeLessThan(
        1e-5,
      );
      expect(relativeError(found, expected.get(`predicted.${number}`)!.to(device))).toBeLessThan(1e-5);
    });
  });

  it.each([
    ['rows of one document', padRows(documents, 0), false],
    ['a packed row', layRows([documents], 30, 0), false],
    ['a packed row, recomputed', layRows([documents], 30, 0), true],
  ])('has the loss and the gradients of the equations: %s', (_, rows, recompute) => {
    model.requiresGrad_();
    scope(() => {
      const sums = backwardRows(model, rows, targets, {
        recompute,
        mtp: { weight: numbers.weight },
      }).toArray();
      expect(Math.abs(-sums[0]! / targets / numbers.loss - 1)).toBeLessThan(1e-5);
      expect(Math.abs(-sums[3]! / targets / numbers.further_loss - 1)).toBeLessThan(1e-5);
      expect(sums[5]).toBe(ahead);
      const norms = gradientNorms(model);
      expect([...norms.keys()].sort()).toEqual(Object.keys(numbers.grad_norms).sort());
      for (const [name, norm] of norms)
        expect(Math.abs(norm / numbers.grad_norms[name]! - 1), name).toBeLessThan(1e-4);
      for (const parameter of model.parameters()) parameter.setGrad(null);
    });
    model.requiresGrad_(false);
  });

  it('is saved with the names and the copies that DeepSeek’s checkpoints have', async () => {
    await saveModel(model, root);
    using written = new SafetensorsFile(path.join(root, 'model.safetensors'));
    using given = new SafetensorsFile(path.join(dir, 'model.safetensors'));
    expect([...written.entries.keys()].sort()).toEqual([...given.entries.keys()].sort());
    for (const name of given.entries.keys()) {
      scope(() => expect(written.read(name).toArray(), name).toEqual(given.read(name).toArray()));
    }
    const again = loadModel(root, { predictors: true });
    expect(again.config).toEqual(model.config);
    again.dispose();
  });
});
