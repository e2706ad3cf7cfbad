/**
 * @file Tensor: a handle to memory and history that torch holds, with the methods the field knows.
 *
 * Shapes in docstrings: `[B, T]` etc. Methods that end in `_` change the tensor in place. Where an operand may be
 * a number it may also be a tensor. Operators without a method here are called as `aten('name')(…)`.
 */
import { TensorBase } from './base.ts';
import type { DType } from './dtype.ts';
import { type Handle, native } from './native.ts';
import { type Argument, callNative } from './operator.ts';

export type Operand = Tensor | number;

/** A call that returns one tensor. */
function call(name: string, ...args: Argument[]): Tensor {
  return new Tensor(callNative(name, args) as Handle);
}

/** A call that returns several tensors. */
function callMany(name: string, ...args: Argument[]): Tensor[] {
  return (callNative(name, args) as Handle[]).map((handle) => new Tensor(handle));
}

/**
 * A tensor of libtorch: shape, dtype, device, autograd, and torch's methods under their JavaScript spelling.
 *
 * Methods return new tensors but for those that end in `_`, which write in place. Its memory is torch's: `scope` frees
 * what was made inside it, `dispose` frees one; any other operator is reached through `aten`.
 */
export class Tensor extends TensorBase {
  // --- autograd ------------------------------------------------------------------------------------------------

  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }

  /** Marks a leaf whose gradient `backward()` accumulates into `grad`. Returns this. */
  requiresGrad_(value = true): this {
    native.setRequiresGrad(this.handle, value);
    return this;
  }

  /** The accumulated gradient as a new tensor object over the same memory, or null. */
  get grad(): Tensor | null {
    const handle = native.grad(this.handle);
    return handle === null ? null : new Tensor(handle);
  }

  setGrad(gradient: Tensor | null): void {
    native.setGrad(this.handle, gradient?.handle ?? null);
  }

  /** Backpropagates from this tensor; `gradient` (same shape) may be left out for a scalar. */
  backward(gradient?: Tensor, options: { retainGraph?: boolean } = {}): void {
    native.backward([this.handle], gradient ? [gradient.handle] : null, options.retainGraph ?? false);
  }

  /** Makes this tensor, gradient settings kept, stand for the memory of `source` (same shape and dtype). */
  setData(source: Tensor): void {
    callNative('set_data', [this, source]);
  }

  /** Same memory, no history. */
  detach(): Tensor {
    return call('detach', this);
  }

  // --- element-wise --------------------------------------------------------------------------------------------

  add(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'add.Scalar' : 'add.Tensor', this, other);
  }
  sub(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'sub.Scalar' : 'sub.Tensor', this, other);
  }
  mul(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'mul.Scalar' : 'mul.Tensor', this, other);
  }
  div(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'div.Scalar' : 'div.Tensor', this, other);
  }
  pow(exponent: Operand): Tensor {
    return call(typeof exponent === 'number' ? 'pow.Tensor_Scalar' : 'pow.Tensor_Tensor', this, exponent);
  }
  neg(): Tensor {
    return call('neg', this);
  }
  exp(): Tensor {
    return call('exp', this);
  }
  log(): Tensor {
    return call('log', this);
  }
  sqrt(): Tensor {
    return call('sqrt', this);
  }
  rsqrt(): Tensor {
    return call('rsqrt', this);
  }
  square(): Tensor {
    return call('square', this);
  }
  abs(): Tensor {
    return call('abs', this);
  }
  sign(): Tensor {
    return call('sign', this);
  }
  sin(): Tensor {
    return call('sin', this);
  }
  cos(): Tensor {
    return call('cos', this);
  }
  tanh(): Tensor {
    return call('tanh', this);
  }
  sigmoid(): Tensor {
    return call('sigmoid', this);
  }
  /** log(1 + eˣ), without overflow: −log σ(−x). */
  softplus(): Tensor {
    return call('softplus', this);
  }
  /** x · sigmoid(x). */
  silu(): Tensor {
    return call('silu', this);
  }
  relu(): Tensor {
    return call('relu', this);
  }
  gelu(approximate: 'none' | 'tanh' = 'none'): Tensor {
    return call('gelu', this, approximate);
  }
  clamp(min: number | null, max: number | null): Tensor {
    return call('clamp', this, min, max);
  }
  minimum(other: Tensor): Tensor {
    return call('minimum', this, other);
  }
  maximum(other: Tensor): Tensor {
    return call('maximum', this, other);
  }
  eq(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'eq.Scalar' : 'eq.Tensor', this, other);
  }
  ne(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'ne.Scalar' : 'ne.Tensor', this, other);
  }
  lt(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'lt.Scalar' : 'lt.Tensor', this, other);
  }
  le(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'le.Scalar' : 'le.Tensor', this, other);
  }
  gt(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'gt.Scalar' : 'gt.Tensor', this, other);
  }
  ge(other: Operand): Tensor {
    return call(typeof other === 'number' ? 'ge.Scalar' : 'ge.Tensor', this, other);
  }
  logicalAnd(other: Tensor): Tensor {
    return call('logical_and', this, other);
  }
  logicalOr(other: Tensor): Tensor {
    return call('logical_or', this, other);
  }
  logicalNot(): Tensor {
    return call('logical_not', this);
  }
  isfinite(): Tensor {
    return call('isfinite', this);
  }
  /** `value` where `mask` (bool, broadcast) is true, this elsewhere. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return call('masked_fill.Scalar', this, mask, value);
  }

  // --- matrices ------------------------------------------------------------------------------------------------

  /** Matrix product with broadcasting over leading dimensions: [..., M, K] × [..., K, N] → [..., M, N]. */
  matmul(other: Tensor): Tensor {
    return call('matmul', this, other);
  }
  /** Batched matrix product: [B, M, K] × [B, K, N] → [B, M, N]. */
  bmm(other: Tensor): Tensor {
    return call('bmm', this, other);
  }
  /** Swaps two dimensions. */
  transpose(dim0 = -2, dim1 = -1): Tensor {
    return call('transpose.int', this, dim0, dim1);
  }
  permute(dims: readonly number[]): Tensor {
    return call('permute', this, dims);
  }
  /** Lower triangle of the last two dimensions; `diagonal` moves its edge up. */
  tril(diagonal = 0): Tensor {
    return call('tril', this, diagonal);
  }
  triu(diagonal = 0): Tensor {
    return call('triu', this, diagonal);
  }

  // --- shape ---------------------------------------------------------------------------------------------------

  /** Same elements, new shape; one size may be -1. */
  reshape(shape: readonly number[]): Tensor {
    return call('reshape', this, shape);
  }
  /** As reshape, but never copies: throws where the memory does not allow it. */
  view(shape: readonly number[]): Tensor {
    return call('view', this, shape);
  }
  unsqueeze(dim: number): Tensor {
    return call('unsqueeze', this, dim);
  }
  squeeze(dim: number): Tensor {
    return call('squeeze.dim', this, dim);
  }
  /** Broadcasts to a shape without copying; -1 keeps a size. */
  expand(shape: readonly number[]): Tensor {
    return call('expand', this, shape);
  }
  flatten(start = 0, end = -1): Tensor {
    return call('flatten.using_ints', this, start, end);
  }
  contiguous(): Tensor {
    return call('contiguous', this);
  }
  clone(): Tensor {
    return call('clone', this);
  }
  /** Converts to a dtype or moves to a device; returns the same memory where nothing changes. */
  to(target: DType | (string & {})): Tensor {
    return isDevice(target) ? call('to.device', this, target, this.dtype) : call('to.dtype', this, target);
  }

  // --- picking -------------------------------------------------------------------------------------------------

  /** View of `length` entries of a dimension from `start`. */
  narrow(dim: number, start: number, length: number): Tensor {
    return call('narrow', this, dim, start, length);
  }
  /** View of one entry of a dimension, which disappears. */
  select(dim: number, index: number): Tensor {
    return call('select.int', this, dim, index);
  }
  /** View of a range of a dimension; negative bounds count from the end. */
  slice(dim: number, start: number | null = null, end: number | null = null, step = 1): Tensor {
    return call('slice.Tensor', this, dim, start, end, step);
  }
  /** Entries of a dimension at `index` (int64 [N]). */
  indexSelect(dim: number, index: Tensor): Tensor {
    return call('index_select', this, dim, index);
  }
  /** out[i][j] = this[i][index[i][j]] along `dim`. */
  gather(dim: number, index: Tensor): Tensor {
    return call('gather', this, dim, index);
  }
  /** Advanced indexing: one index tensor (int64 or bool) or null per leading dimension. */
  index(indices: readonly (Tensor | null)[]): Tensor {
    return call('index.Tensor', this, indices);
  }
  /** A copy whose entries `index` (int64 [N]) of a dimension are those of `source`. */
  indexCopy(dim: number, index: Tensor, source: Tensor): Tensor {
    return call('index_copy', this, dim, index, source);
  }
  split(size: number, dim = 0): Tensor[] {
    return callMany('split.Tensor', this, size, dim);
  }
  splitSizes(sizes: readonly number[], dim = 0): Tensor[] {
    return callMany('split_with_sizes', this, sizes, dim);
  }
  chunk(chunks: number, dim = 0): Tensor[] {
    return callMany('chunk', this, chunks, dim);
  }
  /** Each entry of a dimension `repeats` times in a row. */
  repeatInterleave(repeats: number, dim: number): Tensor {
    return call('repeat_interleave.self_int', this, repeats, dim);
  }
  /** Tiles the tensor `counts[i]` times along dimension i. */
  repeat(counts: readonly number[]): Tensor {
    return call('repeat', this, counts);
  }
  flip(dims: readonly number[]): Tensor {
    return call('flip', this, dims);
  }

  // --- reductions ----------------------------------------------------------------------------------------------

  sum(dim?: number | readonly number[], keepdim = false): Tensor {
    return dim === undefined ? call('sum', this) : call('sum.dim_IntList', this, dim, keepdim);
  }
  mean(dim?: number | readonly number[], keepdim = false): Tensor {
    return dim === undefined ? call('mean', this) : call('mean.dim', this, dim, keepdim);
  }
  amax(dim: number | readonly number[], keepdim = false): Tensor {
    return call('amax', this, dim, keepdim);
  }
  max(): Tensor {
    return call('max', this);
  }
  min(): Tensor {
    return call('min', this);
  }
  argmax(dim: number, keepdim = false): Tensor {
    return call('argmax', this, dim, keepdim);
  }
  /** Euclidean norm of all elements. */
  norm(): Tensor {
    return call('norm.Scalar', this, 2);
  }
  cumsum(dim: number): Tensor {
    return call('cumsum', this, dim);
  }
  all(): Tensor {
    return call('all', this);
  }
  any(): Tensor {
    return call('any', this);
  }
  logsumexp(dim: number, keepdim = false): Tensor {
    return call('logsumexp', this, dim, keepdim);
  }
  softmax(dim: number): Tensor {
    return call('softmax.int', this, dim);
  }
  logSoftmax(dim: number): Tensor {
    return call('log_softmax.int', this, dim);
  }
  /** [values, indices] along `dim`; equal values stay in the order they had. */
  sort(dim = -1, descending = false): [Tensor, Tensor] {
    return callMany('sort.stable', this, true, dim, descending) as [Tensor, Tensor];
  }
  argsort(dim = -1, descending = false): Tensor {
    return call('argsort', this, dim, descending);
  }
  /** The k largest along `dim`: [values, indices], sorted. */
  topk(k: number, dim = -1): [Tensor, Tensor] {
    return callMany('topk', this, k, dim) as [Tensor, Tensor];
  }

  // --- in place ------------------------------------------------------------------------------------------------

  /** this += alpha · other. */
  add_(other: Operand, alpha = 1): this {
    callInto(typeof other === 'number' ? 'add_.Scalar' : 'add_.Tensor', this, other, alpha);
    return this;
  }
  sub_(other: Operand): this {
    callInto(typeof other === 'number' ? 'sub_.Scalar' : 'sub_.Tensor', this, other);
    return this;
  }
  mul_(other: Operand): this {
    callInto(typeof other === 'number' ? 'mul_.Scalar' : 'mul_.Tensor', this, other);
    return this;
  }
  div_(other: Operand): this {
    callInto(typeof other === 'number' ? 'div_.Scalar' : 'div_.Tensor', this, other);
    return this;
  }
  /** this += value · a · b. */
  addcmul_(a: Tensor, b: Tensor, value = 1): this {
    callInto('addcmul_', this, a, b, value);
    return this;
  }
  /** this += value · a / b. */
  addcdiv_(a: Tensor, b: Tensor, value = 1): this {
    callInto('addcdiv_', this, a, b, value);
    return this;
  }
  /** this += weight · (end − this). */
  lerp_(end: Tensor, weight: number): this {
    callInto('lerp_.Scalar', this, end, weight);
    return this;
  }
  sqrt_(): this {
    callInto('sqrt_', this);
    return this;
  }
  fill_(value: number): this {
    callInto('fill_.Scalar', this, value);
    return this;
  }
  zero_(): this {
    callInto('zero_', this);
    return this;
  }
  /** Copies the elements of `source` (broadcast, converted) into this. */
  copy_(source: Tensor): this {
    callInto('copy_', this, source);
    return this;
  }
  clamp_(min: number | null, max: number | null): this {
    callInto('clamp_', this, min, max);
    return this;
  }
  /** Entries `index` (int64 [N]) of a dimension become those of `source`. */
  indexCopy_(dim: number, index: Tensor, source: Tensor): this {
    callInto('index_copy_', this, dim, index, source);
    return this;
  }
  maskedFill_(mask: Tensor, value: number): this {
    callInto('masked_fill_.Scalar', this, mask, value);
    return this;
  }
}

/** An in-place call: the operator returns its own argument, whose second handle is released at once. */
function callInto(name: string, ...args: Argument[]): void {
  native.release(callNative(name, args) as Handle);
}

function isDevice(target: string): boolean {
  return target === 'cpu' || target.startsWith('cuda') || target === 'meta';
}
