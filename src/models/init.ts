/** @file Random starts. */
import { Random } from '../random.ts';
import { type DType, Generator, noGrad, rand, randn, scope, type Tensor } from '../torch/index.ts';
import { architectureOf } from './config.ts';
import type { LanguageModel, ModelConfig } from './language-model.ts';
import {
  type QuantisedBase,
  quantisedOn,
  quantisedWeights,
  unquantisedParameters,
  zerosOf,
} from './layers/index.ts';

export interface InitOptions {
  readonly device?: string;
  readonly dtype?: DType;
  /**
   * - `normal`: N(0, initializer_range) for every matrix, as transformers does
   * - `scaled`: N(0, 1/fan_in), embedding N(0, 0.02), projections into the residual stream ÷ √(2 · layers)
   */
  readonly scheme?: 'normal' | 'scaled';
  /**
   * Where numbers are drawn: on the `cpu`, the same for every device, or on the `device`, which is many times as fast on a
   * GPU and gives numbers of its own. cpu unless given.
   */
  readonly drawnOn?: 'cpu' | 'device';
  /** The linear layers but the head are quantised, each as it is drawn; none unless given. */
  readonly base?: QuantisedBase | undefined;
}

/** A model with random weights; norms are 1, biases 0. The same seed gives the same weights on every device. */
export function initModel(config: ModelConfig, seed: number, options: InitOptions = {}): LanguageModel {
  const { device = 'cpu', dtype = 'float32', scheme = 'normal', drawnOn = 'cpu', base } = options;
  const place = drawnOn === 'cpu' ? 'cpu' : device;
  const architecture = architectureOf(config);
  const model =
    base === undefined
      ? architecture.create(config, { device, dtype })
      : quantisedOn(architecture.create(config, { device: 'meta', dtype }), base, device);
  const stream = (name: string): { generator: Generator; device: string } => ({
    generator: new Generator(Random.derive(seed, 'init', name).int(0, 2 ** 32 - 1), place),
    device: place,
  });
  const drawn = (name: string, shape: readonly number[]): Tensor =>
    randn(shape, stream(name)).mul_(deviationOf(name, fanInOf(shape), config, scheme));
  /** ln A, A evenly from (0.01, 16): how fast the memories of a delta net fade, in transformers. */
  const fadings = (name: string, shape: readonly number[]): Tensor =>
    rand(shape, stream(name)).mul(15.99).add(0.01).log();
  const zeros = zerosOf(model);
  noGrad(() => {
    for (const [name, parameter] of unquantisedParameters(model)) {
      if (zeros.has(parameter) || (name.endsWith('bias') && !name.endsWith('.dt_bias'))) parameter.zero_();
      else if (name.endsWith('.sinks')) scope(() => parameter.copy_(drawn(name, parameter.shape)));
      else if (name.endsWith('.A_log')) scope(() => parameter.copy_(fadings(name, parameter.shape)));
      else if (parameter.ndim === 1) parameter.fill_(1);
      else scope(() => parameter.copy_(drawn(name, parameter.shape)));
    }
    for (const [name, weight] of quantisedWeights(model))
      scope(() => weight.store(drawn(name, weight.shape)));
  });
  return model;
}

/** Numbers that one output is summed of: the second size, or of a convolution of each column its taps. */
function fanInOf([, inputs, taps]: readonly number[]): number | undefined {
  return inputs === 1 ? (taps ?? 1) : inputs;
}

/** @param fanIn - undefined for a vector */
function deviationOf(
  name: string,
  fanIn: number | undefined,
  config: ModelConfig,
  scheme: 'normal' | 'scaled',
): number {
  if (scheme === 'normal' || fanIn === undefined) return config.initializerRange;
  if (name.includes('embed_tokens')) return 0.02;
  const residual = /\b(?:o_proj\.weight|out_proj\.weight|down_proj(?:\.weight)?)$/.test(name);
  return fanIn ** -0.5 / (residual ? Math.sqrt(2 * config.layers) : 1);
}
