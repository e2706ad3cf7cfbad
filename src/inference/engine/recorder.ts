/**
 * @file Recorder: runs functions of fixed shapes, on CUDA as graphs, elsewhere as they are.
 *
 * A function runs plainly the first time, which sets libraries up; the second time it is recorded, and replayed from then on.
 * The graphs share the memory of what they compute on the way, since one runs at a time.
 */
import { CudaGraph, GraphPool, synchronize } from '../../torch/index.ts';

/** Graphs kept: one takes about a megabyte. */
const MOST_GRAPHS = 64;

export class Recorder {
  readonly #device: string;
  readonly #records: boolean;
  readonly #seen = new Set<string>();
  /** The longest unused first. */
  readonly #graphs = new Map<string, CudaGraph>();
  #pool: GraphPool | null = null;
  /** Graphs recorded so far, those included that there are no more. */
  recorded = 0;
  /** Why a function could not be recorded; null while all could. None is tried again. */
  failure: Error | null = null;

  constructor(device: string) {
    this.#device = device;
    this.#records = device.startsWith('cuda');
  }

  /** Graphs there are. */
  get size(): number {
    return this.#graphs.size;
  }

  /** @param key - of the function: the same for the same operators on the same memory */
  run(key: string, fn: () => void): void {
    const graph = this.#graphs.get(key) ?? this.#record(key, fn);
    if (graph === null) {
      fn();
      return;
    }
    this.#graphs.delete(key);
    this.#graphs.set(key, graph);
    graph.replay();
  }

  /** null where the function is to be run as it is. */
  #record(key: string, fn: () => void): CudaGraph | null {
    if (!this.#records || this.failure !== null) return null;
    if (!this.#seen.has(key)) {
      this.#seen.add(key);
      return null;
    }
    this.#makeRoom();
    this.#pool ??= new GraphPool();
    try {
      const graph = new CudaGraph(this.#device, fn, this.#pool);
      this.recorded++;
      return graph;
    } catch (error) {
      this.failure = error as Error;
      return null;
    }
  }

  #makeRoom(): void {
    for (const [key, graph] of this.#graphs) {
      if (this.#graphs.size < MOST_GRAPHS) return;
      synchronize(this.#device);
      graph.dispose();
      this.#graphs.delete(key);
    }
  }

  /** Forgets all graphs: memory that they read or write has moved. */
  clear(): void {
    if (this.#graphs.size > 0) synchronize(this.#device);
    for (const graph of this.#graphs.values()) graph.dispose();
    this.#graphs.clear();
    // The memory of a pool goes with its last graph.
    this.#pool = null;
  }
}
