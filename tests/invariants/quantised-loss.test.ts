/** What quantising the base costs a checkpoint that was trained: its loss on documents drawn from another seed. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadModel, type QuantisedBase } from '../../src/models/index.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { crossEntropy, indices, noGrad, packageRoot, scope } from '../../src/torch/index.ts';
import { searchDocuments, searchDocumentsSchema } from '../../src/world/index.ts';

const CHECKPOINT = path.join(packageRoot, 'models/aha-base');
const DOCUMENTS = 100;

/** Mean cross-entropy of a token, nats. */
function lossOf(base: QuantisedBase | undefined, documents: readonly (readonly number[])[]): number {
  const model = loadModel(CHECKPOINT, { base });
  let [sum, count] = [0, 0];
  for (const tokens of documents) {
    noGrad(() =>
      scope(() => {
        const logits = model.forward({ tokens: indices(tokens.slice(0, -1), [1, tokens.length - 1]) });
        sum += crossEntropy(logits.flatten(0, 1), indices(tokens.slice(1)), 'sum').item();
        count += tokens.length - 1;
      }),
    );
  }
  model.dispose();
  return sum / count;
}

it('int8 moves the loss of models/aha-base by at most 3 %, nf4 by at most 10 %', () => {
  const tokenizer = Tokenizer.load(CHECKPOINT);
  const source = searchDocuments({ seed: 987, config: searchDocumentsSchema.parse({}) });
  const documents = Array.from({ length: DOCUMENTS }, () => [...tokenizer.encode(source.next()!)]);
  const plain = lossOf(undefined, documents);
  const moved = (base: QuantisedBase): number => lossOf(base, documents) / plain - 1;
  const [int8, nf4] = [moved('int8'), moved('nf4')];
  expect(Math.abs(int8)).toBeLessThan(0.03);
  expect(Math.abs(nf4)).toBeLessThan(0.1);
  // Rounding to 16 values is felt, and more than rounding to 255.
  expect(nf4).toBeGreaterThan(Math.abs(int8));
});
