/** @file CUDA graphs: record the operators of a function once, replay them with one launch. */
import { native } from './native.ts';

/** Memory shared by graphs that never run at the same time, for what they compute on the way. */
export class GraphPool {
  /** @internal */
  readonly id: unknown = native.graphPool();
}

/**
 * A captured sequence of CUDA work. Inputs and outputs are tensors at fixed addresses: write new values into the
 * inputs with `copy_`, replay, read the outputs. Inside the captured function nothing may be read on the host,
 * and no tensor may be freed that the graph writes to.
 */
export class CudaGraph {
  readonly #graph: unknown;

  /**
   * Records `fn`; run it once before, so that libraries have set themselves up.
   *
   * @param pool - the graph's own unless given. All graphs of a pool must be disposed of before another is made with it.
   * @throws Error of the operator that cannot be recorded, or of CUDA
   */
  constructor(device: string, fn: () => void, pool = new GraphPool()) {
    this.#graph = native.graphBegin(device, pool.id);
    let recorded = false;
    try {
      fn();
      recorded = true;
    } finally {
      this.#end(recorded);
    }
  }

  /** Ends the recording. One that failed has an error already, which the capture's own must not replace. */
  #end(recorded: boolean): void {
    try {
      native.graphEnd(this.#graph);
    } catch (error) {
      if (recorded) throw error;
    }
  }

  replay(): void {
    native.graphReplay(this.#graph);
  }

  /** Frees it now; it must have run to its end. */
  dispose(): void {
    native.graphReset(this.#graph);
  }
}
