import { describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { UserError } from '../../errors.ts';
import { noGrad } from '../../torch/index.ts';
import { sample } from './sampler.ts';

describe('sample', () => {
  it('refuses a model whose logits are NaN instead of repeating token 0', () => {
    const model = formulaModel();
    noGrad(() => model.parameters()[0]!.fill_(Number.NaN));
    const options = { temperature: 0, groupSize: 2, maxTokens: 4, stopTokens: [] };
    const draw = () => sample(model, [Int32Array.of(1, 2)], options);
    expect(draw).toThrow(UserError);
    expect(draw).toThrow('logits that are not finite');
    model.dispose();
  });
});
