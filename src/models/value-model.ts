/**
 * @file A model that says a number of each token instead of the next token: critics of PPO, and reward models.
 *
 * The trunk is a language model without its head; on the states after the final norm stands one linear unit. A reward model
 * scores a text by the value of its last token. On disk it is what transformers calls `…ForSequenceClassification` with
 * one label: the trunk's tensors under their names, and `score.weight`.
 */

import type { Json } from '../records.ts';
import {
  type DType,
  empty,
  Generator,
  linear,
  noGrad,
  randn,
  scope,
  type Tensor,
  widened,
} from '../torch/index.ts';
import { type LoadOptions, loadCheckpoint, type SaveOptions, saveCheckpoint } from './checkpoint.ts';
import { architectureOf, configKeys } from './config.ts';
import type { ForwardInput, LanguageModel, ModelConfig } from './language-model.ts';
import { Module, type Placement } from './layers/index.ts';

/** States → one number each, float32 at least: y = w · x. */
export class ScalarHead extends Module {
  /** [1, D] */
  weight: Tensor;

  /** Memory only, float32 at least whatever the placement says. */
  constructor(hiddenSize: number, { dtype, device }: Placement) {
    super();
    this.weight = empty([1, hiddenSize], { dtype: widened(dtype), device });
  }

  override get keepsFloat32(): boolean {
    return true;
  }

  /** [..., D] → [...] */
  forward(states: Tensor): Tensor {
    return scope(() => {
      const wide = states.to(widened(states.dtype));
      return linear(wide, this.weight.to(wide.dtype)).squeeze(-1);
    });
  }
}

export interface HeadOptions {
  /** Standard deviation of the weights. 0, the default, makes every value 0 until it is trained. */
  readonly deviation?: number;
  readonly seed?: number;
}

/** A new head for a model's states, on its device. */
export function initHead(model: LanguageModel, { deviation = 0, seed = 0 }: HeadOptions = {}): ScalarHead {
  const head = new ScalarHead(model.config.hiddenSize, { device: model.device, dtype: model.dtype });
  noGrad(() =>
    scope(() => {
      const { weight } = head;
      if (deviation === 0) weight.zero_();
      else weight.copy_(randn(weight.shape, { generator: new Generator(seed) }).mul_(deviation));
    }),
  );
  return head;
}

/** A trunk of any architecture and a scalar head. */
export class ValueModel extends Module {
  /** Its own head is gone: only `hidden` can be asked for. */
  readonly trunk: LanguageModel;
  score: ScalarHead;

  /** Takes over a model, whose head over the vocabulary is freed, and the head that takes its place. */
  constructor(trunk: LanguageModel, score: ScalarHead) {
    super();
    trunk.dropHead();
    this.trunk = trunk;
    this.score = score;
  }

  get config(): ModelConfig {
    return this.trunk.config;
  }

  get device(): string {
    return this.trunk.device;
  }

  get dtype(): DType {
    return this.trunk.dtype;
  }

  /** Under the names that a checkpoint has: the trunk's own, and `score.weight`. */
  override namedParameters(prefix = ''): [name: string, parameter: Tensor][] {
    return [...this.trunk.namedParameters(prefix), ...this.score.namedParameters(`${prefix}score.`)];
  }

  /** States after the final norm, [B, T, D]: see LanguageModel. */
  hidden(input: ForwardInput): Tensor {
    return this.trunk.hidden(input);
  }

  /** A value for each token, of all up to and including it: [B, T]. */
  forward(input: ForwardInput): Tensor {
    return scope(() => this.score.forward(this.hidden(input)));
  }

  override dispose(): void {
    this.trunk.dispose();
    this.score.dispose();
  }
}

/**
 * Loads what saveValueModel wrote, or a sequence classifier of transformers with one label.
 * @throws UserError naming the file, key or tensor that is missing, unknown, misshapen or damaged
 */
export function loadValueModel(dir: string, options: LoadOptions = {}): ValueModel {
  return loadCheckpoint(
    dir,
    (config, placement) =>
      new ValueModel(
        architectureOf(config).create(config, placement),
        new ScalarHead(config.hiddenSize, placement),
      ),
    options,
  );
}

/** Writes a checkpoint folder that transformers loads as a sequence classifier with one label; see saveModel. */
export async function saveValueModel(
  model: ValueModel,
  dir: string,
  options: SaveOptions = {},
): Promise<void> {
  await saveCheckpoint(model, (dtype) => valueConfigKeys(model, dtype), dir, options);
}

/** The config.json: that of the trunk, as a classifier's. */
function valueConfigKeys({ config }: ValueModel, dtype: DType): { readonly [key: string]: Json } {
  const keys = configKeys(config, dtype);
  const [causal] = keys.architectures as readonly string[];
  return {
    ...keys,
    architectures: [causal!.replace('ForCausalLM', 'ForSequenceClassification')],
    num_labels: 1,
    id2label: { 0: 'LABEL_0' },
    label2id: { LABEL_0: 0 },
  };
}
