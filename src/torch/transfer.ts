/**
 * @file Transfers of numbers to and from a device that are not waited for: through page-locked memory on CUDA, plain copies
 * elsewhere.
 *
 * An ordinary copy waits until the device has done everything asked of it before. These let the device go on.
 */
import { native } from './native.ts';
import { callNative } from './operator.ts';
import { dispose, keep, scope } from './scope.ts';
import { Tensor } from './tensor.ts';

/** Buffers in turn: what is written into one may still be on its way out of the other. */
const TURNS = 2;

function hostBuffers(length: number, dtype: 'int32' | 'float32', pinned: boolean): Tensor[] {
  const make = (): Tensor =>
    new Tensor(callNative('empty.memory_format', [[length], dtype, null, 'cpu', pinned]) as number);
  return keep(Array.from({ length: TURNS }, make));
}

function copyLater(target: Tensor, source: Tensor): void {
  native.release(callNative('copy_', [target, source, true]) as number);
}

/** Numbers to a device. At most one upload may be unread when the next is made. */
export class Upload {
  /** On the device, int32 [length]: always the same memory. */
  readonly target: Tensor;
  readonly #buffers: Tensor[];
  #turn = 0;

  constructor(length: number, device: string) {
    this.target = keep(new Tensor(callNative('zeros', [[length], 'int32', null, device, null]) as number));
    this.#buffers = device.startsWith('cuda') ? hostBuffers(length, 'int32', true) : [];
  }

  /** Copies into the beginning of the target. */
  send(data: Int32Array): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const buffer = this.#buffers[this.#turn];
    if (buffer === undefined) {
      this.target.writeBytes(bytes);
      return;
    }
    this.#turn = (this.#turn + 1) % TURNS;
    buffer.writeBytes(bytes);
    scope(() => copyLater(this.target.narrow(0, 0, data.length), buffer.narrow(0, 0, data.length)));
  }

  dispose(): void {
    dispose([this.target, this.#buffers]);
  }
}

/** Numbers from a device. At most one download may be unread when the next is begun. */
export class Download {
  readonly #device: string;
  readonly #buffers: Tensor[];
  #turn = 0;

  /** @param length - most elements of one download */
  constructor(length: number, device: string) {
    this.#device = device;
    this.#buffers = device.startsWith('cuda') ? hostBuffers(length, 'float32', true) : [];
  }

  /**
   * Begins to fetch the elements of a float32 tensor.
   * @returns waits for them, and for nothing that was asked of the device later
   */
  begin(source: Tensor): () => Float32Array {
    const buffer = this.#buffers[this.#turn];
    if (buffer === undefined) {
      const data = source.toFloat32Array();
      return () => data;
    }
    this.#turn = (this.#turn + 1) % TURNS;
    const { numel } = source;
    scope(() => copyLater(buffer.narrow(0, 0, numel), source.reshape([numel])));
    const event = native.eventRecord(this.#device);
    return () => {
      native.eventWait(event);
      return scope(() => buffer.narrow(0, 0, numel).toFloat32Array());
    };
  }

  dispose(): void {
    dispose(this.#buffers);
  }
}
