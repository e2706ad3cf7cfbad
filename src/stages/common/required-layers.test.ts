import { expect, it } from 'vitest';
import { TINY_CONFIG } from '../../../tests/support/tiny-checkpoint.ts';
import { parseConfig } from '../../models/index.ts';
import { requireLayers } from './required-layers.ts';

const EXPERTS = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 8 };
const dense = parseConfig(TINY_CONFIG, 'config.json');
const sparse = parseConfig({ ...TINY_CONFIG, model_type: 'qwen3_moe', ...EXPERTS }, 'config.json');

it('refuses the balance of experts and the training of predictors where the model has none', () => {
  const balance = { optimizer: { balanceLoss: 0.1 } };
  const bias = { optimizer: { expertBias: 0.1 } };
  expect(() => requireLayers(dense, balance)).toThrow('optimizer.balanceLoss: the model has no experts');
  expect(() => requireLayers(sparse, bias)).toThrow('optimizer.expertBias: the model has no biases');
  expect(() => requireLayers(sparse, { optimizer: {}, mtp: {} })).toThrow(
    'mtp: the qwen3_moe model has no layer that predicts tokens after the next',
  );
  expect(() => requireLayers(sparse, balance)).not.toThrow();
  expect(() => requireLayers(null, bias)).not.toThrow();
});
