import { describe, expect, it } from 'vitest';
import { TINY_CONFIG } from '../../../tests/support/tiny-checkpoint.ts';
import { initHead, initModel, parseConfig, ValueModel } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { FlatParameters, Learner, optimizerSchema } from '../../rl/update/index.ts';
import { noGrad, scope, tensor } from '../../torch/index.ts';
import type { JudgedItem } from './data.ts';
import { backwardJudged, evaluateJudged, measure, rewardModelStep } from './step.ts';

const random = Random.derive(1, 'items');
const sequence = () => Int32Array.from({ length: random.int(1, 9) }, () => random.int(0, 95));
const pairs: JudgedItem[] = Array.from({ length: 8 }, () => ({
  sequences: [sequence(), sequence()],
  good: true,
}));
const judgements: JudgedItem[] = Array.from({ length: 8 }, (_, i) => ({
  sequences: [sequence()],
  good: i % 3 > 0,
}));

function modelOf(): ValueModel {
  const trunk = initModel(parseConfig(TINY_CONFIG, 'test'), 3, { scheme: 'scaled' });
  return new ValueModel(trunk, initHead(trunk, { deviation: 0.5, seed: 1 }));
}

/** The gradient of the mean loss, accumulated over micro-batches of so many items. */
function gradient(
  kind: 'pairwise' | 'pointwise',
  items: readonly JudgedItem[],
  size: number,
  packed = false,
): number[] {
  const model = modelOf();
  const flat = new FlatParameters(model);
  for (let i = 0; i < items.length; i += size) {
    backwardJudged(model, kind, items.slice(i, i + size), items.length, { padToken: 0, packed });
  }
  return flat.gradients.toArray();
}

describe.each([
  ['pairwise', pairs],
  ['pointwise', judgements],
] as const)('%s', (kind, items) => {
  it('8 micro-batches of 1 give the gradient of 1 of 8, and padding none', () => {
    const whole = gradient(kind, items, 8);
    const norm = Math.hypot(...whole);
    expect(norm).toBeGreaterThan(1e-3);
    for (const other of [
      gradient(kind, items, 1),
      gradient(kind, items, 8, true),
      gradient(kind, items, 3, true),
    ]) {
      expect(Math.hypot(...whole.map((value, i) => value - other[i]!)) / norm).toBeLessThan(1e-5);
    }
  });

  it('moves the weights alike, whatever the micro-batches, and tells the loss before the step', () => {
    const after = [1, 40, 10_000, 0].map((tokens) => {
      const passes =
        tokens === 0 ? { tokensPerMicroBatch: 40, packed: true } : { tokensPerMicroBatch: tokens };
      const learner = new Learner(modelOf(), optimizerSchema.parse({ peak: 1e-3 }), 2);
      const before = evaluateJudged(learner.model, kind, items, { ...passes, padToken: 0 });
      const result = rewardModelStep(learner, kind, items, { ...passes, padToken: 0 });
      expect(result.loss).toBeCloseTo(before.loss, 5);
      expect(result.right).toBe(before.right);
      const next = evaluateJudged(learner.model, kind, items, { ...passes, padToken: 0 });
      expect(next.loss).toBeLessThan(before.loss);
      return { gradNorm: result.gradNorm, loss: next.loss };
    });
    for (const { gradNorm, loss } of after) {
      expect(gradNorm).toBeCloseTo(after[0]!.gradNorm, 4);
      expect(loss).toBeCloseTo(after[0]!.loss, 4);
    }
  });

  it('has the gradient that its loss has, by differences', () => {
    const model = modelOf();
    const flat = new FlatParameters(model);
    backwardJudged(model, kind, items, items.length, { padToken: 0 });
    const [at, grad] = [flat.values.toArray(), flat.gradients.toArray()];
    const size = Math.hypot(...grad);
    // A small step along the gradient: |g| per unit of length.
    const loss = (by: number): number => {
      const moved = at.map((value, i) => value + (by * grad[i]!) / size);
      noGrad(() => scope(() => flat.values.copy_(tensor(moved, [moved.length]))));
      return evaluateJudged(model, kind, items, { tokensPerMicroBatch: 1000, padToken: 0 }).loss;
    };
    expect((loss(1e-3) - loss(-1e-3)) / 2e-3 / size).toBeCloseTo(1, 2);
  });
});

describe('measure', () => {
  const of = (...goods: boolean[]): JudgedItem[] => goods.map((good) => ({ sequences: [], good }));

  it('counts a pair as right where the chosen reply scores higher, not where both score the same', () => {
    const found = measure('pairwise', of(true, true, true), [
      [1, 1 - Math.log(3)],
      [0, 0],
      [0, Math.log(4)],
    ]);
    expect(found.right).toBe(1);
    expect(found.margin).toBeCloseTo((Math.log(3) - Math.log(4)) / 3, 12);
    expect(found.loss).toBeCloseTo((Math.log(4 / 3) + Math.log(2) + Math.log(5)) / 3, 12);
    expect(found.meanScore).toBeCloseTo((1 + 1 - Math.log(3) + Math.log(4)) / 6, 12);
  });

  it('counts a response as right where the sign of its score is its judgement', () => {
    const found = measure('pointwise', of(true, true, false), [[2], [-1], [-3]]);
    expect(found.right).toBe(2);
    expect(found.margin).toBe(0.5 + 3);
    expect(found.meanScore).toBeCloseTo(-2 / 3, 12);
    expect(measure('pointwise', of(true, true), [[2], [1]]).margin).toBeNull();
  });

  it('stays finite however wrong a score is', () => {
    expect(measure('pointwise', of(true, false), [[-800], [800]]).loss).toBe(800);
  });
});
