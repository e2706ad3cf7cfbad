/** @file Every preset and every setting of an RL update that looks beyond a token. */
import { type PresetName, presets } from '../../src/app/recipes/presets.ts';
import type { AdvantageName } from '../../src/rl/advantage/index.ts';
import type { CriticSettings, Loss } from './policy.ts';

type Case = readonly [name: string, advantage: AdvantageName, loss: Loss, critic?: CriticSettings];

const CASES: readonly Case[] = [
  ...(Object.keys(presets) as PresetName[]).map(
    (name): Case => [
      name,
      presets[name].advantage,
      presets[name].loss,
      (presets[name] as { readonly critic?: CriticSettings }).critic,
    ],
  ),
  ['shared critic', 'gae', {}, { kind: 'shared', lambda: 0.95 }],
  ['process supervision', 'process', {}],
  ['gmpo', 'grpo', { policy: { kind: 'gmpo' }, aggregation: 'seq-mean-token-mean' }],
  ['sapo', 'grpo', { policy: { kind: 'sapo' }, aggregation: 'seq-mean-token-mean' }],
  ['batch deviation', 'lite-ppo', {}],
  ['dual clip', 'grpo', { policy: { kind: 'surrogate', dualClip: 1.2 } }],
  ['unbiased KL', 'grpo', { kl: { coefficient: 0.5, estimator: 'k3-unbiased' } }],
  ['entropy bonus', 'grpo', { entropy: { bonus: 0.1 } }],
  ['top entropy', 'grpo', { entropy: { topFraction: 0.2 } }],
  ['truncated weights', 'grpo', { samplerCorrection: { kind: 'truncate', max: 1.1 } }],
  ['masked weights', 'grpo', { samplerCorrection: { kind: 'mask', level: 'sequence', min: 0.5, max: 1.5 } }],
  ['stale negatives', 'grpo', { staleNegatives: 0.01 }],
  ['masked truncated', 'grpo', { maskTruncated: true }],
];

export const SETTINGS = CASES.map(([name, advantage, loss, critic]) => ({ name, advantage, loss, critic }));
