/** Greedy tokens of another engine, judged by the logits here. */
import { loadModel } from '../../src/models/index.ts';
import { indices, noGrad, scope } from '../../src/torch/index.ts';

/** How much less probable than the most probable token each of `further` is after those before it, in logits. */
export function shortfalls(file: string, ids: readonly number[], further: readonly number[]): number[] {
  const tokens = [...ids, ...further];
  const model = loadModel(file);
  const logits = noGrad(() =>
    scope(() => model.forward({ tokens: indices(tokens, [1, tokens.length]) }).toArray()),
  );
  const { vocabSize } = model.config;
  model.dispose();
  return further.map((token, i) => {
    const at = (ids.length - 1 + i) * vocabSize;
    return Math.max(...logits.slice(at, at + vocabSize)) - logits[at + token]!;
  });
}
