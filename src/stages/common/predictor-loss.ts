/**
 * @file The loss of multi-token prediction (DeepSeek-V3, arXiv 2412.19437, eq. 21 to 25).
 *
 * Predictor k reads, at token i of a document, the state h of predictor k − 1 (of the model for k = 1) and token i + k, and
 * predicts token i + k + 1. The losses are added to that of the next token with λ over the number of predictors:
 *
 *   λ / D Σₖ L_k      L_k = −1 / T Σ log p_k(token)      T targets of the next token
 *
 * Their gradient goes on into the model. A token is a target of a predictor where it is one of the model.
 */
import type { Rows } from '../../data/index.ts';
import { type LanguageModel, type Predictor, type Routing, wholePass } from '../../models/index.ts';
import { backwardSum } from '../../rl/loss/index.ts';
import { indices, noGrad, scope, stack, type Tensor } from '../../torch/index.ts';

export interface PredictorLossOptions {
  /** λ */
  readonly weight: number;
  /** T of the whole step. */
  readonly normaliser: number;
  /** What is asked of the routers of a predictor, by the lengths of the documents in its rows. */
  readonly routing?:
    | ((sequences: readonly (readonly number[])[], length: number) => Routing | undefined)
    | undefined;
}

/**
 * Accumulates the gradients of the predictors' losses, also into `states`.
 * @param states - of the model, a leaf that requires a gradient, [B, T, D]
 * @returns sums over the targets of all predictors, [3]: log-probabilities, those that are the most probable token, targets
 */
export function backwardPredictors(
  model: LanguageModel,
  states: Tensor,
  rows: Rows,
  options: PredictorLossOptions,
): Tensor {
  const predictors = model.predictors!;
  const depths: Depth[] = [];
  for (const [i, predictor] of predictors.entries()) {
    const layout = layoutOf(rows, i + 1);
    if (layout.targets.length === 0) break;
    depths.push(forward(model, predictor, depths.at(-1)?.states ?? states, layout, options));
  }
  const divisor = (-options.normaliser * predictors.length) / options.weight;
  const sums = depths.toReversed().map((depth) => backwardDepth(model, depth, divisor));
  return noGrad(() =>
    sums.reduce((sum, own) => sum.add(own), indices([0, 0, 0]).to('float32').to(model.device)),
  );
}

/** Where the documents of rows lie for a predictor. */
interface Layout {
  /** Of each row the lengths of its documents; shorter than the model's by as many tokens as are out of reach. */
  readonly sequences: readonly (readonly number[])[];
  /** Tokens of a row. */
  readonly length: number;
  /** For each place in [B · length] the place of its state among those before. */
  readonly sources: Int32Array;
  readonly tokens: Int32Array;
  /** Places that predict a target, and the targets. */
  readonly places: readonly number[];
  readonly targets: readonly number[];
}

/** @param depth - k; documents of the depth before are one token longer */
function layoutOf({ segments, length: T, tokens, targets }: Rows, depth: number): Layout {
  const lengthAt = (tokensOf: number, k: number) => (k === 0 ? tokensOf : Math.max(0, tokensOf - 1 - k));
  const widthAt = (k: number) =>
    k === 0 ? T : Math.max(0, ...segments.map((own) => own.reduce((sum, n) => sum + lengthAt(n, k), 0)));
  const [width, before] = [widthAt(depth), widthAt(depth - 1)];
  const sources = new Int32Array(segments.length * width);
  const ids = new Int32Array(segments.length * width);
  const found: { place: number; target: number }[] = [];
  for (const [row, own] of segments.entries()) {
    let [at, source, document] = [row * width, row * before, row * T];
    for (const n of own) {
      for (let j = 0; j < lengthAt(n, depth); j++, at++) {
        sources[at] = source + j;
        ids[at] = tokens[document + j + depth]!;
        const target = document + j + depth + 1;
        if (targets[target] === 1) found.push({ place: at, target: tokens[target]! });
      }
      source += lengthAt(n, depth - 1);
      document += n;
    }
  }
  return {
    sequences: segments.map((own) => own.map((n) => lengthAt(n, depth)).filter((n) => n > 0)),
    length: width,
    sources,
    tokens: ids,
    places: found.map(({ place }) => place),
    targets: found.map(({ target }) => target),
  };
}

/** A predictor's states, once with their history and once as the leaf that losses begin from. */
interface Depth {
  readonly layout: Layout;
  readonly states: Tensor;
  backward(): void;
}

function forward(
  model: LanguageModel,
  predictor: Predictor,
  before: Tensor,
  layout: Layout,
  options: PredictorLossOptions,
): Depth {
  const { sequences, length, sources } = layout;
  const rows = sequences.length;
  const { device } = model;
  const routing = options.routing?.(sequences, length);
  const hidden = before
    .flatten(0, 1)
    .indexSelect(0, indices(sources, undefined, device))
    .view([rows, length, before.size(2)]);
  const tokens = indices(layout.tokens, [rows, length], device);
  const apart = sequences.some((own) => own.length > 1);
  const states = predictor.states(hidden, { tokens, routing, ...(apart && { segments: sequences }) });
  const leaf = states.detach().requiresGrad_();
  return {
    layout,
    states: leaf,
    backward: () => {
      const pass = wholePass(states, routing?.takeLosses() ?? []);
      pass.states.backward(leaf.grad!);
      pass.backward();
    },
  };
}

function backwardDepth(model: LanguageModel, { layout, states, backward }: Depth, divisor: number): Tensor {
  return scope(() => {
    const { device, config } = model;
    const predicting = states.flatten(0, 1).indexSelect(0, indices(layout.places, undefined, device));
    const targets = indices(layout.targets, undefined, device);
    const { logprobs, correct } = backwardSum(model, predicting, targets, config.vocabSize, divisor);
    backward();
    return noGrad(() => {
      const total = logprobs.sum();
      const right = correct!.sum().to(total.dtype);
      return stack([total, right, right.mul(0).add(layout.targets.length)]);
    });
  });
}
