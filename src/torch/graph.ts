/** @file CUDA graphs: record the operators of a function once, replay them with one launch. */
import { native } from './native.ts';

/**
 * A captured sequence of CUDA work. Inputs and outputs are tensors at fixed addresses: write new values into the
 * inputs with `copy_`, replay, read the outputs. Inside the captured function nothing may be read on the host,
 * and no tensor may be freed that the graph writes to.
 */
export class CudaGraph {
  readonly #graph: unknown;

  /** Records `fn`; run it a few times before, so that libraries have set themselves up. */
  constructor(device: string, fn: () => void) {
    this.#graph = native.graphBegin(device);
    try {
      fn();
    } finally {
      native.graphEnd(this.#graph);
    }
  }

  replay(): void {
    native.graphReplay(this.#graph);
  }

  dispose(): void {
    native.graphReset(this.#graph);
  }
}
