/** @file Random streams: each has its own seed and a state that can be saved and restored exactly. */
import { type Handle, native } from './native.ts';
import { Tensor } from './tensor.ts';

const finalizer = new FinalizationRegistry<Handle>((handle) => native.releaseGenerator(handle));

/** A random stream on one device, independent of torch's default one. */
export class Generator {
  readonly handle: Handle;
  readonly device: string;

  /** @param seed - any safe integer or 64-bit BigInt */
  constructor(seed: number | bigint, device = 'cpu') {
    this.handle = native.generator(device, seed);
    this.device = device;
    finalizer.register(this, this.handle);
  }

  /** The seed this stream was started from. */
  get seed(): number | bigint {
    return native.generatorSeed(this.handle);
  }

  /** The state, to be given back to {@link setState}. */
  state(): Uint8Array {
    using state = new Tensor(native.generatorState(this.handle));
    return state.toBytes();
  }

  setState(state: Uint8Array): void {
    using bytes = new Tensor(native.fromData(state, 'uint8', [state.byteLength], 'cpu'));
    native.setGeneratorState(this.handle, bytes.handle);
  }
}

/** Seeds torch's default generators on every device. */
export function manualSeed(seed: number | bigint): void {
  native.manualSeed(seed);
}
