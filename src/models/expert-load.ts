/**
 * @file The load of experts, and its balance without an auxiliary loss (Wang et al. 2024, arXiv 2408.15664; DeepSeek-V3,
 * section 2.1.2).
 *
 * After each step the bias of an expert that read more tokens than the mean of its layer falls by γ, that of one that read
 * fewer rises by γ. The bias only chooses, so no gradient is disturbed.
 */
import { ALONE, type Ranks } from '../ranks.ts';
import { noGrad, scope, tensor } from '../torch/index.ts';
import {
  adaptedLayers,
  Mixture,
  MixtureOfExperts,
  type Module,
  SigmoidRouter,
  submodules,
} from './layers/index.ts';

/** What the experts of one layer have read. */
export interface LayerLoad {
  /** The path of the layer's experts, such as `model.layers.3.mlp`. */
  readonly layer: string;
  /** Tokens that each expert has read. */
  readonly tokens: Float64Array;
}

/**
 * Takes the tokens that each expert has read in training passes since the last call, padding counted, and moves the biases of
 * the routers that have some.
 * @param rate - γ; 0 leaves the biases as they are
 * @param ranks - whose tokens are added up
 * @returns the layers whose experts have read anything
 */
export function balanceExperts(model: Module, rate: number, ranks: Ranks = ALONE): LayerLoad[] {
  const mixtures = mixturesIn(model);
  if (mixtures.length === 0) return [];
  const loads = ranks.gather(mixtures.map(([, mixture]) => mixture.takeLoad()));
  return mixtures.flatMap(([layer, mixture], i) => {
    const [first, ...others] = loads.map((own) => own[i]!);
    const tokens = first!.map((count, expert) => others.reduce((sum, own) => sum + own[expert]!, count));
    const mean = meanOf(tokens);
    if (mean === 0) return [];
    const router = biasedRouter(mixture);
    if (rate > 0 && router !== null) move(router, tokens, mean, rate);
    return [{ layer, tokens }];
  });
}

/** The load of the busiest expert over the mean load of its layer. */
export function busiest({ tokens }: LayerLoad): number {
  return Math.max(...tokens) / meanOf(tokens);
}

function meanOf(tokens: Float64Array): number {
  return tokens.reduce((sum, count) => sum + count, 0) / tokens.length;
}

function move(router: SigmoidRouter, tokens: Float64Array, mean: number, rate: number): void {
  const { e_score_correction_bias: biases } = router;
  noGrad(() =>
    scope(() => {
      const steps = Float32Array.from(tokens, (count) => rate * Math.sign(mean - count));
      biases.add_(tensor(steps, [steps.length], { device: biases.device, dtype: biases.dtype }));
    }),
  );
}

/** Whether a model has experts. */
export function hasExperts(model: Module): boolean {
  return mixturesIn(model).length > 0;
}

/** Whether a model has biases that its training can move: those of a model with LoRA belong to its frozen base. */
export function hasExpertBiases(model: Module): boolean {
  if (adaptedLayers(model).length > 0) return false;
  return mixturesIn(model).some(([, mixture]) => biasedRouter(mixture) !== null);
}

/** The router whose biases balance the load; null where it has none. */
function biasedRouter(mixture: Mixture): SigmoidRouter | null {
  return mixture instanceof MixtureOfExperts && mixture.gate instanceof SigmoidRouter ? mixture.gate : null;
}

/** The mixtures anywhere in a module, by their paths. */
export function mixturesIn(module: Module, path = ''): [path: string, mixture: Mixture][] {
  if (module instanceof Mixture) return [[path, module]];
  return Object.entries(module).flatMap(([field, value]) =>
    [...submodules(field, value)].flatMap(([name, child]) =>
      mixturesIn(child, path === '' ? name : `${path}.${name}`),
    ),
  );
}
