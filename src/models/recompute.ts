/**
 * @file Forward pass of a model that is trained, and the backward pass from its states, with or without recomputation of activations
 * (gradient checkpointing; Chen et al. 2016, arXiv 1604.06174).
 *
 * Plain autograd keeps what every operator of every layer needs for its gradient. With recomputation the forward pass has
 * no history and keeps the input of each layer alone; in the backward pass each layer, from the last to the first, is computed
 * again from its input and backpropagated, so that the activations of one layer exist at a time. The operators and their
 * order are the same, and so are the gradients. It costs one forward pass more.
 *
 * Losses of routers (layers/routing.ts) arise inside the pass. They are backpropagated together with the gradient of the states.
 *
 * A model with quantised layers is always recomputed: autograd keeps the weight of each product for the gradient in its
 * input, and so only those of one layer are dequantised at a time.
 */
import { UsageError } from '../errors.ts';
import { backward, dispose, noGrad, onesLike, scope, type Tensor } from '../torch/index.ts';
import type { ForwardInput, LanguageModel } from './language-model.ts';
import { isQuantised, Module, type Routing } from './layers/index.ts';

/** A forward pass of a model that is trained. */
export interface StatesPass {
  /** States after the final norm, [B, T, D], differentiable. */
  readonly states: Tensor;
  /** Carries the gradient into the model. Call it once, after `backward()` of every loss of the states. */
  backward(): void;
}

/** Computes the states. The caller's scope must outlive the pass. */
export function statesPass(
  model: Pick<LanguageModel, 'config' | 'hidden' | 'parts'>,
  input: ForwardInput,
  recompute: boolean,
): StatesPass {
  const { routing } = input;
  if (!recompute && !(model instanceof Module && isQuantised(model)))
    return wholePass(model.hidden(input), routing?.takeLosses() ?? []);
  requireRecompute(model, true);
  const { embed, layers } = model.parts!(input);
  const inputs: Tensor[] = [];
  let x = noGrad(embed);
  for (const layer of layers) {
    inputs.push(x);
    x = noGrad(() => layer(x));
  }
  const states = x.requiresGrad_();
  return {
    states,
    backward: () => {
      let gradient = states.grad;
      if (gradient === null) return;
      for (const [i, own] of [...inputs.entries()].reverse()) {
        const before: Tensor = gradientThrough(layers[i]!, own, gradient, routing);
        own.dispose();
        gradient.dispose();
        gradient = before;
      }
      embedAgain(embed, gradient);
    },
  };
}

/** States with their history, and losses that share it. */
export function wholePass(hidden: Tensor, losses: readonly Tensor[]): StatesPass {
  if (losses.length === 0) return { states: hidden, backward: () => {} };
  const states = hidden.detach().requiresGrad_();
  return {
    states,
    backward: () => {
      if (states.grad !== null) backwardWith(hidden, states.grad, losses);
    },
  };
}

/** Backpropagates the gradient of an output and losses that share its history; the losses are freed. */
function backwardWith(output: Tensor, gradient: Tensor, losses: readonly Tensor[]): void {
  scope(() => backward([output, ...losses], [gradient, ...losses.map(onesLike)]));
  dispose(losses);
}

/** Computes a layer again and backpropagates; returns the gradient in its input. */
function gradientThrough(
  layer: (x: Tensor) => Tensor,
  input: Tensor,
  gradient: Tensor,
  routing: Routing | undefined,
): Tensor {
  return scope(() => {
    const leaf = input.detach().requiresGrad_();
    const output = layer(leaf);
    backwardWith(output, gradient, routing?.takeLosses() ?? []);
    return leaf.grad!;
  });
}

function embedAgain(embed: () => Tensor, gradient: Tensor): void {
  scope(() => {
    const embedded = embed();
    // Frozen under LoRA.
    if (embedded.requiresGrad) embedded.backward(gradient);
  });
}

/**
 * Checks the setting `recompute` of a stage.
 * @throws UsageError where the model is not given in parts
 */
export function requireRecompute(model: Pick<LanguageModel, 'config' | 'parts'>, recompute: boolean): void {
  if (!recompute || model.parts !== undefined) return;
  throw new UsageError(
    `recompute: a model of the architecture ${model.config.modelType} cannot be computed layer by layer`,
    'Leave `recompute` out, and lower `tokensPerMicroBatch` to save memory.',
  );
}
