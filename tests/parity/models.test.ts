/**
 * @file Models against Hugging Face transformers, whose outputs on tiny checkpoints were computed in float64: logits,
 * loss, the norm of every parameter's gradient, greedy decoding.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LanguageModel, loadModel, readSafetensors } from '../../src/models/index.ts';
import { dispose, noGrad, scope, type Tensor } from '../../src/torch/index.ts';
import { describeCausalLM, greedy, nextTokenLoss, relativeError } from '../conformance/causal-lm.ts';
import { gradientNorms, MODELS, type ModelNumbers, REFERENCE, readReference } from '../reference.ts';
import { testDevice as device } from '../support/device.ts';

/** Checkpoints whose tensors are no parameters, which the suite writes in other dtypes. */
const PACKED = ['gpt-oss-mxfp4'];

function describeReference(folder: string): void {
  const dir = path.join(REFERENCE, 'models', folder);

  describe(`${folder} against transformers`, () => {
    let model: LanguageModel;
    let expected: Map<string, Tensor>;
    let numbers: ModelNumbers;

    beforeAll(() => {
      model = loadModel(dir, { device });
      const { tensors } = readSafetensors(path.join(dir, 'expected.safetensors'));
      expected = new Map([...tensors].map(([name, values]) => [name, values.to(device)]));
      numbers = readReference('expected.json', dir);
    });
    afterAll(() => dispose([model, expected]));

    it('logits', () => {
      scope(() => {
        const logits = noGrad(() => model.forward({ tokens: expected.get('input_ids')! }));
        expect(relativeError(logits, expected.get('logits')!)).toBeLessThan(1e-5);
      });
    });

    it('logits of rows padded on the left', () => {
      scope(() => {
        const mask = expected.get('attention_mask')!;
        const tokens = expected.get('padded_input_ids')!;
        const logits = noGrad(() => model.forward({ tokens, attentionMask: mask }));
        const real = mask.unsqueeze(2);
        expect(relativeError(logits.mul(real), expected.get('padded_logits')!.mul(real))).toBeLessThan(1e-5);
      });
    });

    it('loss and the gradient of every parameter', () => {
      scope(() => {
        model.requiresGrad_();
        const loss = nextTokenLoss(model, expected.get('input_ids')!);
        loss.backward();
        expect(Math.abs(loss.item() / numbers.loss - 1)).toBeLessThan(1e-5);
        const norms = gradientNorms(model);
        expect([...norms.keys()].sort()).toEqual(Object.keys(numbers.grad_norms).sort());
        for (const [name, norm] of norms)
          expect(Math.abs(norm / numbers.grad_norms[name]! - 1), name).toBeLessThan(1e-4);
        for (const parameter of model.parameters()) parameter.setGrad(null);
        model.requiresGrad_(false);
      });
    });

    it.each([true, false])('greedy decoding, cache: %s', (cached) => {
      const all = expected.get('greedy_tokens')!;
      const rows = Array.from({ length: all.size(0) }, (_, row) => scope(() => all.select(0, row).toArray()));
      const prompts = all.narrow(1, 0, 8);
      expect(greedy(model, prompts, 16, cached)).toEqual(rows.map((row) => row.slice(8)));
      prompts.dispose();
    });

    if (!PACKED.includes(folder)) describeCausalLM('the checkpoint itself', () => dir);
  });
}

for (const folder of MODELS) describeReference(folder);
