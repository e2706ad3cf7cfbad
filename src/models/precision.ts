/**
 * @file The precision policy: what `auto`, `bf16`, `fp32` and `tf32` are on a device, for every stage and command.
 *
 * `bf16` computes with weights in bfloat16; whoever trains keeps a float32 master (rl/update/learner.ts). `tf32` keeps
 * tensors in float32 and lets the GPU round the factors of matrix products to 10 bits of mantissa. Softmax,
 * log-probabilities, losses and the statistics of norms are float32 in each.
 */
import type { Precision, ReadingPrecision, StoredPrecision } from '../precision.ts';
import { allowTf32, computeCapability, type DType, itemSize, widened } from '../torch/index.ts';
import { type QuantisedBase, quantisedBytes } from './layers/index.ts';

/** Compute capability from which a GPU has bfloat16 and TF32 in hardware. */
const AMPERE = 8;

/** A precision on a device. */
export interface Numerics {
  readonly precision: Exclude<Precision, 'auto'>;
  /** Of the weights that a model computes with. */
  readonly dtype: 'bfloat16' | 'float32';
}

/**
 * What a setting means on a device. `auto` is bf16 on a GPU of capability 8.0 or more, and fp32 elsewhere.
 * @param capability - of the GPU, such as 9 for an H200; 0 of the CPU
 */
export function numericsOf(
  asked: Precision,
  device: string,
  capability = computeCapability(device),
): Numerics {
  const automatic = capability >= AMPERE ? 'bf16' : 'fp32';
  const precision = asked === 'auto' ? automatic : asked;
  return { precision, dtype: precision === 'bf16' ? 'bfloat16' : 'float32' };
}

/** As numericsOf, and sets for this process whether float32 products may use TF32. Call it before a model computes. */
export function useNumerics(asked: Precision, device: string): Numerics {
  const numerics = numericsOf(asked, device);
  allowTf32(numerics.precision === 'tf32');
  return numerics;
}

/** Numerics of a checkpoint that is only read. */
export interface ReadingNumerics extends Pick<Numerics, 'dtype'> {
  readonly precision: Exclude<ReadingPrecision, 'auto'>;
  /** How the weights of linear layers are held; as they are computed with unless given. */
  readonly base?: QuantisedBase;
}

/** As useNumerics; int8 and nf4 compute in the dtype of `auto`. */
export function useReadingNumerics(asked: ReadingPrecision, device: string): ReadingNumerics {
  if (asked !== 'int8' && asked !== 'nf4') return useNumerics(asked, device);
  const { dtype } = useNumerics('auto', device);
  return { dtype, precision: asked, base: asked };
}

/** The dtype in which a checkpoint is written: the one asked for, else the one that was computed in. */
export function storedDtype(asked: StoredPrecision | undefined, { dtype }: Numerics): DType {
  if (asked === undefined) return dtype;
  return asked === 'bf16' ? 'bfloat16' : 'float32';
}

/**
 * Bytes of one parameter of a model that computes in a dtype: `trained`, with its gradient, two moments and, where the
 * dtype is a narrow one, a float32 master; `frozen`, the weight alone.
 */
export function parameterBytes(dtype: DType): { readonly trained: number; readonly frozen: number } {
  const [own, wide] = [itemSize[dtype], itemSize[widened(dtype)]];
  return { frozen: own, trained: 4 * wide + (own < wide ? own : 0) };
}

/**
 * Bytes of the weights of a frozen model in a dtype, or quantised.
 * @param size - its parameters, and those that can be quantised: all of them where it is not known
 */
export function frozenBytes(
  { parameters, inner = parameters }: { readonly parameters: number; readonly inner?: number | undefined },
  dtype: DType,
  base?: QuantisedBase,
): number {
  const own = itemSize[dtype];
  return (parameters - inner) * own + inner * (base === undefined ? own : quantisedBytes(base));
}

/** What is held beside a policy in training: a frozen reference of its size, a critic of its size that is trained. */
interface Beside {
  readonly lora?: { readonly base?: QuantisedBase | undefined } | undefined;
  readonly reference?: boolean | undefined;
  readonly critic?: boolean | undefined;
}

/** Bytes that a policy holds from step to step, with LoRA its frozen weights, which are the reference too. */
export function policyBytes(
  size: { readonly parameters: number; readonly inner?: number | undefined },
  dtype: DType,
  { lora, reference, critic }: Beside,
): number {
  const { trained, frozen } = parameterBytes(dtype);
  const policy =
    lora === undefined
      ? size.parameters * (trained + (reference ? frozen : 0))
      : frozenBytes(size, dtype, lora.base);
  return policy + (critic ? size.parameters * trained : 0);
}
