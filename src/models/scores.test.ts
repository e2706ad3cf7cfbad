import { describe, expect, it } from 'vitest';
import { TINY_CONFIG } from '../../tests/support/tiny-checkpoint.ts';
import { indices, memory, scope } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import { endScores, scoreSequences } from './scores.ts';
import { initHead, ValueModel } from './value-model.ts';

const sequences = [[1, 5, 9, 2], [7], [4, 4, 8, 3, 6, 2, 1], [5, 9]].map((ids) => Int32Array.from(ids));

function modelOf(): ValueModel {
  const trunk = initModel(parseConfig(TINY_CONFIG, 'test'), 3, { scheme: 'scaled' });
  return new ValueModel(trunk, initHead(trunk, { deviation: 0.5, seed: 1 }));
}

describe('scores of texts', () => {
  it('are the value at the last token, whatever stands beside a text and whatever pads it', () => {
    scope(() => {
      const model = modelOf();
      const alone = sequences.map(
        (ids) =>
          model
            .forward({ tokens: indices(ids, [1, ids.length]) })
            .toArray()
            .at(-1)!,
      );
      for (const padToken of [0, 9]) {
        for (const [i, score] of endScores(model, sequences, { padToken }).toArray().entries()) {
          expect(score).toBeCloseTo(alone[i]!, 5);
        }
      }
      for (const tokensPerMicroBatch of [1, 8, 1000]) {
        for (const packed of [false, true]) {
          const scores = scoreSequences(model, sequences, { tokensPerMicroBatch, padToken: 0, packed });
          for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(alone[i]!, 5);
        }
      }
      model.dispose();
    });
  });

  it('carry gradients into head and trunk, and none are kept where they are only read', () => {
    const model = modelOf();
    model.requiresGrad_();
    scope(() => endScores(model, sequences, { padToken: 0 }).sum().backward());
    for (const [name, { grad }] of model.namedParameters()) expect(grad, name).not.toBeNull();
    const before = memory().tensors;
    scoreSequences(model, sequences, { tokensPerMicroBatch: 8, padToken: 0 });
    expect(memory().tensors).toBe(before);
    model.dispose();
  });

  it('are of no text without tokens', () => {
    scope(() => {
      expect(() => endScores(modelOf(), [Int32Array.of(1), new Int32Array()], { padToken: 0 })).toThrow(
        /sequence 1 is empty/,
      );
    });
  });
});
