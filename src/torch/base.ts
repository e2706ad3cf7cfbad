/**
 * @file Base class of tensors: an owned handle, its metadata, and its data out. The methods are in tensor.ts.
 */
import type { DType } from './dtype.ts';
import { type Handle, native } from './native.ts';
import { callNative } from './operator.ts';
import { type Owned, onRelease, own } from './scope.ts';

onRelease((handles, count) => native.releaseAll(handles, count));

/** Frees the memory of tensors that were dropped without `dispose()`: the net, not the way. */
const finalizer = new FinalizationRegistry<Handle>((handle) => native.release(handle));

/**
 * Tensors that wait for the finalizer. Most are disposed of before their turn comes, and entering and leaving the
 * finalizer costs a quarter of a small operator call.
 */
let waiting: TensorBase[] = [];
/** This many do not wait for the end of the running function. */
const MOST_WAITING = 256;

function watchWaiting(): void {
  const tensors = waiting;
  waiting = [];
  for (const tensor of tensors) tensor.register();
}

export abstract class TensorBase implements Owned {
  readonly handle: Handle;
  kept = false;
  #disposed = false;
  #watched = false;
  #registered = false;
  #shape: readonly number[] | undefined;

  /** Takes ownership of a native handle: use `tensor()`, `zeros()` and the like instead. */
  constructor(handle: Handle) {
    this.handle = handle;
    own(this);
  }

  // --- lifetime ------------------------------------------------------------------------------------------------

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Frees the memory now (its storage as soon as no view or graph holds it). Doing it twice is fine. */
  dispose(): void {
    if (!this.#disposed) native.release(this.surrender());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  surrender(): Handle {
    this.#disposed = true;
    if (this.#registered) finalizer.unregister(this);
    return this.handle;
  }

  /** @internal */
  watch(): void {
    // A tensor made outside every scope is watched already when keep() asks for it: once is enough.
    if (this.#watched) return;
    this.#watched = true;
    if (waiting.length === 0) queueMicrotask(watchWaiting);
    if (waiting.push(this) >= MOST_WAITING) watchWaiting();
  }

  /** @internal */
  register(): void {
    if (this.#disposed) return;
    this.#registered = true;
    finalizer.register(this, this.handle, this);
  }

  // --- what it is ----------------------------------------------------------------------------------------------

  get shape(): readonly number[] {
    this.#shape ??= native.shape(this.handle);
    return this.#shape;
  }

  /** Size of one dimension; negative counts from the end. */
  size(dim: number): number {
    const size = this.shape.at(dim);
    if (size === undefined)
      throw new RangeError(`dimension ${dim} of a tensor of shape [${this.shape.join(', ')}]`);
    return size;
  }

  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  get dtype(): DType {
    return native.dtype(this.handle) as DType;
  }

  get device(): string {
    return native.device(this.handle);
  }

  toString(): string {
    if (this.#disposed) return 'Tensor(disposed)';
    return `Tensor([${this.shape.join(', ')}], ${this.dtype}, ${this.device})`;
  }

  // --- data in and out -----------------------------------------------------------------------------------------

  /**
   * Copies raw bytes into this tensor's own memory, from `byteOffset` on: for reading a large file piece by piece.
   * @throws Error unless the tensor is contiguous and on the CPU and the bytes end inside it
   */
  writeBytes(bytes: Uint8Array, byteOffset = 0): void {
    native.writeBytes(this.handle, byteOffset, bytes);
  }

  /** The single element as a number; waits for the device. */
  item(): number {
    return Number(native.item(this.handle));
  }

  /** Elements in row-major order, converted to float32. */
  toFloat32Array(): Float32Array {
    return new Float32Array(this.#bytesAs('float32'));
  }

  /** Elements in row-major order, converted to float64. */
  toFloat64Array(): Float64Array {
    return new Float64Array(this.#bytesAs('float64'));
  }

  /** Elements in row-major order, converted to int32. */
  toInt32Array(): Int32Array {
    return new Int32Array(this.#bytesAs('int32'));
  }

  /** The raw bytes of the elements in row-major order, in the tensor's own dtype. */
  toBytes(): Uint8Array {
    return new Uint8Array(native.toData(this.handle));
  }

  /** Elements as plain numbers, flat, row-major. */
  toArray(): number[] {
    return Array.from(this.toFloat64Array());
  }

  #bytesAs(dtype: DType): ArrayBuffer {
    if (this.dtype === dtype) return native.toData(this.handle);
    const converted = callNative('to.dtype', [this, dtype]) as Handle;
    try {
      return native.toData(converted);
    } finally {
      native.release(converted);
    }
  }
}
