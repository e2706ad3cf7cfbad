/** @file Functions that make tensors or take several: zeros, randn, cat, where, linear, crossEntropy … */
import { type DType, dtypeOf, type TypedArray } from './dtype.ts';
import type { Generator } from './generator.ts';
import { type Handle, native } from './native.ts';
import { type Argument, callNative, placeNamed } from './operator.ts';
import { Tensor } from './tensor.ts';

export interface TensorOptions {
  /** float32 unless given. */
  readonly dtype?: DType;
  /** cpu unless given. */
  readonly device?: string;
}

function call(name: string, ...args: Argument[]): Tensor {
  return new Tensor(callNative(name, args) as Handle);
}

/** [dtype, layout, device, pinMemory] as the factory schemas end. */
function factory(options: TensorOptions): Argument[] {
  return [options.dtype ?? 'float32', null, options.device ?? 'cpu', null];
}

/**
 * A tensor of the given data. Typed arrays keep their dtype unless `dtype` says otherwise and are copied once,
 * straight into the tensor's memory; plain numbers become float32 unless `dtype` is given.
 *
 * @param shape - defaults to one dimension
 * @example tensor([1, 2, 3, 4], [2, 2])
 */
export function tensor(
  data: TypedArray | readonly number[],
  shape: readonly number[] = [data.length],
  options: TensorOptions = {},
): Tensor {
  const device = options.device ?? 'cpu';
  const target = options.dtype ?? (ArrayBuffer.isView(data) ? dtypeOf(data) : 'float32');
  const typed: TypedArray = ArrayBuffer.isView(data) ? data : arrayFor(data, target);
  const source = dtypeOf(typed);
  const made = new Tensor(native.fromData(typed, source, shape, device));
  if (source === target) return made;
  using exact = made;
  return exact.to(target);
}

/** The typed array that holds plain numbers without loss on their way to `dtype`. */
function arrayFor(data: readonly number[], dtype: DType): TypedArray {
  if (dtype === 'int64') return BigInt64Array.from(data, BigInt);
  if (dtype === 'int32') return Int32Array.from(data);
  if (dtype === 'float64') return Float64Array.from(data);
  if (dtype === 'bool') return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
  if (dtype === 'uint8') return Uint8Array.from(data);
  return Float32Array.from(data);
}

/** int64 indices from any array of whole numbers, as embedding, gather and index want them. */
export function indices(
  data: ArrayLike<number>,
  shape: readonly number[] = [data.length],
  device = 'cpu',
): Tensor {
  const typed = data instanceof Int32Array ? data : Int32Array.from(data);
  using narrow = new Tensor(native.fromData(typed, 'int32', shape, device));
  return narrow.to('int64');
}

/** A tensor over raw bytes in the tensor's own dtype and row-major order (bfloat16 included). */
export function fromBytes(bytes: Uint8Array, dtype: DType, shape: readonly number[], device = 'cpu'): Tensor {
  return new Tensor(native.fromData(bytes, dtype, shape, device));
}

/** A scalar (shape []). */
export function scalar(value: number, options: TensorOptions = {}): Tensor {
  return call('full', [], value, ...factory(options));
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return call('zeros', shape, ...factory(options));
}

/** A tensor of ones. */
export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return call('ones', shape, ...factory(options));
}

/** A tensor whose values are whatever the memory held. */
export function empty(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return call('empty.memory_format', shape, ...factory(options));
}

/** A tensor filled with one value. */
export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  return call('full', shape, value, ...factory(options));
}

/** Zeros of another tensor's shape, dtype and device. */
export function zerosLike(like: Tensor): Tensor {
  return call('zeros_like', like);
}

/** Ones of another tensor's shape, dtype and device. */
export function onesLike(like: Tensor): Tensor {
  return call('ones_like', like);
}

/** An uninitialised tensor of another's shape, dtype and device. */
export function emptyLike(like: Tensor): Tensor {
  return call('empty_like', like);
}

/** [start, start + 1, …, end − 1], int64 unless a dtype is given. */
export function arange(start: number, end: number, options: TensorOptions = {}): Tensor {
  return call('arange.start', start, end, ...factory({ dtype: 'int64', ...options }));
}

export interface RandomOptions extends TensorOptions {
  /** The stream to draw from; it must live on the tensor's device. torch's default one unless given. */
  readonly generator?: Generator;
}

/** Standard normal. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return call('randn.generator', shape, options.generator ?? null, ...factory(options));
}

/** Uniform in [0, 1). */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return call('rand.generator', shape, options.generator ?? null, ...factory(options));
}

/** Exponential with rate 1, of the shape and dtype of `like`. */
export function exponentialLike(like: Tensor, generator?: Generator): Tensor {
  const out = emptyLike(like);
  native.release(callNative('exponential_', [out, 1, generator ?? null]) as Handle);
  return out;
}

/** Joins tensors along an existing dimension. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return call('cat', tensors, dim);
}

/** Joins tensors of one shape along a new dimension. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  return call('stack', tensors, dim);
}

/** `a` where `condition`, else `b`; all broadcast. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return call('where.self', condition, a, b);
}

/** x Wᵀ + b: x [..., in], weight [out, in], bias [out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  return call('linear', x, weight, bias);
}

/** Rows of `weight` [V, D] at `ids` (int64 [...]) → [..., D]. */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  return call('embedding', weight, ids);
}

/**
 * −log softmax(logits)[target] per row.
 * @param logits - [N, V]
 * @param target - int64 [N]
 * @param reduction - none → [N], mean or sum → []
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  reduction: 'none' | 'mean' | 'sum' = 'mean',
): Tensor {
  return call('cross_entropy_loss', logits, target, null, { none: 0, mean: 1, sum: 2 }[reduction]);
}

/**
 * Any operator of torch by its schema name; results that are tensors come wrapped.
 *
 * @param name - `add.Tensor`, or with its namespace `aten::add.Tensor`
 * @example aten('roll')(x, [1], [0])
 * @example aten('var.dim')(x, [1], { unbiased: false })
 */
export function aten(name: string): (...args: AtenArgument[]) => unknown {
  return (...args) => {
    const last = args.at(-1);
    const placed = isNamed(last)
      ? placeNamed(name, args.slice(0, -1) as Argument[], last)
      : (args as Argument[]);
    return wrap(callNative(name, placed));
  };
}

export type AtenArgument = Argument | { readonly [name: string]: Argument };

function isNamed(value: AtenArgument): value is { readonly [name: string]: Argument } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !('handle' in value) && !('re' in value);
}

/** Tensors for the handles of tensors in a result, everything else as it is. */
function wrap(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(wrap);
  return typeof result === 'number' && native.isLive(result) ? new Tensor(result) : result;
}
