import { expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { requireContext } from './context.ts';

const prompts = [new Int32Array(3), new Int32Array(10), new Int32Array(5)];
const check = (maxPositions: number, maxTokens: number) => () =>
  requireContext(prompts, { maxPositions, maxTokens, setting: 'sampling.maxTokens' });

it('takes what fits to the last token', () => {
  expect(check(30, 20)).not.toThrow();
  expect(() => requireContext([], { maxPositions: 1, maxTokens: 1, setting: 'x' })).not.toThrow();
});

it('refuses one token more, and says what would fit', () => {
  expect(check(30, 21)).toThrow(UsageError);
  expect(check(30, 21)).toThrow(/prompt of 10 tokens and 21 new ones \(sampling\.maxTokens\).* 30 tokens/);
  expect(check(30, 21)).toThrow(/set sampling\.maxTokens to 20 or less/);
});

it('does not advise a length of nothing', () => {
  expect(check(10, 1)).toThrow(/shorter prompts/);
});
