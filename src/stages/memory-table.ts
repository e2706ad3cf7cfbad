/**
 * @file Peak memory of serving a model and of training it in each stage, from its configuration alone: the arithmetic of the
 * dry run (common/training-memory.ts) for one micro-batch of rows of one length.
 *
 * With P parameters, their bytes `trained` and `frozen` (models/precision.ts) and what one micro-batch takes:
 *
 *   serve           the weights, and keys, values and logits of the rows
 *   pretrain, sft   P · trained + micro-batch
 *   reward-model    the same, with a scalar head
 *   rl              P · trained + the larger of micro-batch and rollout
 *   KL reference    P · frozen more; with LoRA it is the policy's frozen weights
 *   PPO's critic    P · trained more
 *   LoRA            the frozen weights in place of P · trained; the additions are small and not counted
 */
import {
  frozenBytes,
  type Kernels,
  type ModelConfig,
  modelSizes,
  policyBytes,
  type QuantisedBase,
} from '../models/index.ts';
import { samplingBytes } from './common/sampling-memory.ts';
import { optimiserBytes, passMemory, peakBytes } from './common/training-memory.ts';

/** Rows that are read or trained together, and where. */
export interface MemoryQuestion {
  readonly rows: number;
  /** Tokens of each. */
  readonly length: number;
  readonly device: string;
  readonly recompute: boolean;
  /** Those of this torch on the device unless given. */
  readonly kernels?: Kernels;
}

export interface MemoryLine {
  readonly use: string;
  readonly precision: string;
  readonly bytes: number;
  /** The architecture does not say what training keeps of a token, so activations are left out. */
  readonly atLeast?: true;
}

type Dtype = 'bfloat16' | 'float32';

const PRECISION: Readonly<Record<Dtype, string>> = { bfloat16: 'bf16', float32: 'fp32' };

/** A way to train. */
interface Training {
  readonly use: string;
  readonly lora?: { readonly base?: QuantisedBase };
  readonly head?: 'scalar';
  readonly samples?: true;
  /** A frozen copy beside the policy. */
  readonly reference?: true;
  /** A second model that is trained. */
  readonly critic?: true;
}

const LORA = { lora: {} } as const;
const QLORA = { lora: { base: 'nf4' } } as const;

const TRAININGS: readonly Training[] = [
  { use: 'pretrain, sft' },
  { use: 'sft with LoRA', ...LORA },
  { use: 'sft with LoRA over nf4', ...QLORA },
  { use: 'reward-model', head: 'scalar' },
  { use: 'rl', samples: true },
  { use: 'rl with a KL reference', samples: true, reference: true },
  { use: 'rl with a critic (PPO)', samples: true, critic: true },
  { use: 'rl with LoRA', samples: true, ...LORA },
  { use: 'rl with LoRA over nf4', samples: true, ...QLORA },
];

/** Served in each precision, then each way to train in each. */
export function memoryTable(config: ModelConfig, question: MemoryQuestion): MemoryLine[] {
  const dtypes: readonly Dtype[] = ['bfloat16', 'float32'];
  const trained = (training: Training) =>
    dtypes.map((dtype) => trainingLine(config, question, training, dtype));
  return [...servedLines(config, question), ...TRAININGS.flatMap(trained)];
}

function servedLines(config: ModelConfig, question: MemoryQuestion): MemoryLine[] {
  const line = (precision: string, dtype: Dtype, base?: QuantisedBase): MemoryLine => ({
    use: 'serve',
    precision,
    bytes: frozenBytes(modelSizes(config), dtype, base) + samplingBytes(config, dtype, question),
  });
  return [
    line('bf16', 'bfloat16'),
    line('fp32', 'float32'),
    line('int8', 'bfloat16', 'int8'),
    line('nf4', 'bfloat16', 'nf4'),
  ];
}

function trainingLine(
  config: ModelConfig,
  question: MemoryQuestion,
  { use, lora, head, samples, reference, critic }: Training,
  dtype: Dtype,
): MemoryLine {
  const { rows, length, device } = question;
  const sizes = modelSizes(config);
  const state = policyBytes(sizes, dtype, { lora, reference, critic });
  const pass = passMemory({
    ...question,
    config,
    dtype,
    lora: lora !== undefined,
    base: lora?.base,
    tokens: rows * length,
    head: head === 'scalar' ? null : {},
  });
  const optimiser = lora === undefined ? optimiserBytes(sizes.parameters, device) : 0;
  const update = peakBytes(state, pass, optimiser);
  const rollout = samples ? state + samplingBytes(config, dtype, question) : 0;
  return {
    use,
    precision: PRECISION[dtype],
    bytes: Math.max(update, rollout),
    ...(pass.activations === null && { atLeast: true }),
  };
}
