/** An adapter that PEFT 0.10 trained for 20 steps on the formula model, and the logits PEFT computes with it (float64). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LanguageModel, loadAdapter, mergeLora } from '../../src/models/index.ts';
import { indices, noGrad, scope } from '../../src/torch/index.ts';
import { formulaModel } from '../support/formula-model.ts';

const dir = path.join(import.meta.dirname, 'peft');
const expected = JSON.parse(readFileSync(path.join(dir, 'expected.json'), 'utf8')) as {
  readonly input_ids: number[];
  readonly logits: number[][];
  readonly base_logits: number[][];
};

describe('an adapter of PEFT', () => {
  let model: LanguageModel;
  beforeAll(() => {
    model = formulaModel();
  });
  afterAll(() => model.dispose());

  function errorAgainst(logits: number[][]): number {
    const found = noGrad(() =>
      scope(() => model.forward({ tokens: indices(expected.input_ids, [1, 8]) }).toArray()),
    );
    return Math.max(...logits.flat().map((value, i) => Math.abs(found[i]! - value)));
  }

  it('is on the same model', () => {
    expect(errorAgainst(expected.base_logits)).toBeLessThan(1e-5);
    expect(errorAgainst(expected.logits)).toBeGreaterThan(0.1);
  });

  it('gives PEFT’s logits, apart and merged', () => {
    loadAdapter(model, dir);
    expect(errorAgainst(expected.logits)).toBeLessThan(1e-5);
    mergeLora(model);
    expect(errorAgainst(expected.logits)).toBeLessThan(1e-5);
  });
});
