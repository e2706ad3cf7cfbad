import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TINY_CONFIG } from '../../../tests/support/tiny-checkpoint.ts';
import { meanResponse, modelSize } from './model-size.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-size-'));
writeFileSync(path.join(dir, 'config.json'), JSON.stringify(TINY_CONFIG));
const resolve = (): string => dir;
const stated = { parameters: 9, active: 3, layers: 1 };
const assumed = {
  model: (reference: string) => (reference === 'large' ? stated : undefined),
  data: () => undefined,
  responseTokens: 7,
};

describe('modelSize', () => {
  it('is what a recipe states, else what config.json says', () => {
    const context = { resolve, device: 'cpu', assumed };
    expect(modelSize('large', context)).toEqual(stated);
    const { parameters, active, layers } = modelSize('small', context);
    // Embedding and head, and of each layer: queries and output, keys and values, the feed-forward, two norms; a norm.
    const layer = 2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 48 + 2 * 32;
    expect(parameters).toBe(2 * 96 * 32 + 2 * layer + 32);
    expect(active).toBe(parameters - 96 * 32);
    expect(layers).toBe(2);
  });
});

describe('meanResponse', () => {
  it('is half of the longest unless stated', () => {
    expect(meanResponse(100, { resolve, device: 'cpu' }).tokens).toBe(50);
    expect(meanResponse(100, { resolve, device: 'cpu', assumed }).tokens).toBe(7);
  });
});
