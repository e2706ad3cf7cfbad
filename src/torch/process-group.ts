/**
 * @file Ranks: processes, on one machine or many, that compute together. libtorch's c10d moves their tensors, with Gloo
 * on the CPU and NCCL on CUDA.
 *
 * All ranks call the same operations in the same order, and wait for them in the same order. A rank that has ended ends
 * the others with a RankError: at once where its connection closes, else after the time-out.
 */
import { RankError, reasonOf, UsageError } from '../errors.ts';
import { type Handle, native } from './native.ts';
import { type RankPlace, rankPlace, requireReadableStore } from './rank-place.ts';
import { keep, scope } from './scope.ts';
import { torchVersion } from './system.ts';
import type { Tensor } from './tensor.ts';

/** How long ranks wait for each other unless told otherwise, in milliseconds. */
export const RANK_TIMEOUT_MS = 600_000;

/** How elements of several ranks become one. */
export type Reduction = 'sum' | 'max' | 'min';

/** An operation under way. */
export interface Work {
  /**
   * Blocks until it has ended and its results are in their tensors.
   * @throws RankError
   */
  wait(): void;
  /** Whether every other rank's first part has come, so that `wait()` is short. */
  readonly done: boolean;
}

export interface ProcessGroupOptions {
  /** How long the ranks wait for each other, to meet and in every operation. */
  readonly timeoutMs?: number;
  /** Where this rank's tensors are: `cpu` (Gloo), or `cuda:<index>` (NCCL). */
  readonly device?: string;
}

export class ProcessGroup {
  readonly rank: number;
  readonly size: number;
  readonly backend: 'gloo' | 'nccl';
  readonly #device: string;
  readonly #timeoutMs: number;
  readonly #group: unknown;

  /**
   * Meets the other ranks.
   * @throws UsageError where the addon was built without the backend, RankError where the ranks do not meet in time
   */
  constructor(place: RankPlace, { timeoutMs = RANK_TIMEOUT_MS, device = 'cpu' }: ProcessGroupOptions = {}) {
    this.rank = place.rank;
    this.size = place.size;
    this.backend = device === 'cpu' ? 'gloo' : 'nccl';
    this.#device = device;
    this.#timeoutMs = timeoutMs;
    requireBackend(this.backend);
    requireReadableStore(process.env, torchVersion);
    this.#group = this.#explained('meeting the other ranks', () => this.#meet(place));
  }

  /**
   * The group that the environment describes (see rank-place.ts); null where it describes none.
   * @throws UsageError, RankError
   */
  static fromEnvironment(
    env: Readonly<Record<string, string | undefined>>,
    options: ProcessGroupOptions = {},
  ): ProcessGroup | null {
    const place = rankPlace(env);
    return place === null ? null : new ProcessGroup(place, options);
  }

  #meet({ host, port, isHost, prefix, localSize }: RankPlace): unknown {
    const store = native.rankStore(host, port, isHost, prefix, this.size, this.#timeoutMs);
    const place = this.backend === 'nccl' ? this.#device : glooInterface(host, localSize === this.size);
    return native.processGroup(store, this.backend, this.rank, this.size, this.#timeoutMs, place);
  }

  /**
   * Every rank's tensor becomes the sum (or the greatest, least) of all, in place.
   *
   * Over Gloo a sum is taken in the order of the ranks, ((t₀ + t₁) + t₂) + …, so it has the bits of that loop; NCCL has
   * an order of its own.
   */
  allReduce(tensor: Tensor, op: Reduction = 'sum'): void {
    this.allReduceAsync(tensor, op).wait();
  }

  allReduceAsync(tensor: Tensor, op: Reduction = 'sum'): Work {
    return this.#start('all-reduce', [tensor], [], ([inPlace]) =>
      native.groupAllReduce(this.#group, inPlace!, op),
    );
  }

  /** Every rank's tensor becomes the root's, in place. */
  broadcast(tensor: Tensor, root: number): void {
    this.broadcastAsync(tensor, root).wait();
  }

  broadcastAsync(tensor: Tensor, root: number): Work {
    return this.#start('broadcast', [tensor], [], ([inPlace]) =>
      native.groupBroadcast(this.#group, inPlace!, root),
    );
  }

  /** `into[r]` becomes rank r's `from`. All are of one shape. */
  allGather(into: readonly Tensor[], from: Tensor): void {
    this.allGatherAsync(into, from).wait();
  }

  allGatherAsync(into: readonly Tensor[], from: Tensor): Work {
    this.#requireOnePerRank('allGather', into);
    return this.#start('all-gather', into, [from], (outputs, [input]) =>
      native.groupAllGather(this.#group, outputs, input!),
    );
  }

  /** `into` becomes the sum over ranks of what each has at this rank's place of `from`; its order is that of allReduce. */
  reduceScatter(into: Tensor, from: readonly Tensor[]): void {
    this.reduceScatterAsync(into, from).wait();
  }

  reduceScatterAsync(into: Tensor, from: readonly Tensor[]): Work {
    this.#requireOnePerRank('reduceScatter', from);
    return this.#start('reduce-scatter', [into], from, ([output], inputs) =>
      native.groupReduceScatter(this.#group, output!, inputs),
    );
  }

  /** `into[r]` becomes what rank r has at this rank's place of its `from`. Sizes may differ from rank to rank. */
  allToAll(into: readonly Tensor[], from: readonly Tensor[]): void {
    this.allToAllAsync(into, from).wait();
  }

  allToAllAsync(into: readonly Tensor[], from: readonly Tensor[]): Work {
    this.#requireOnePerRank('allToAll', into);
    this.#requireOnePerRank('allToAll', from);
    return this.#start('all-to-all', into, from, (outputs, inputs) =>
      native.groupAllToAll(this.#group, outputs, inputs),
    );
  }

  /** Returns once every rank has called it. */
  barrier(): void {
    this.#start('barrier', [], [], () => native.groupBarrier(this.#group)).wait();
  }

  /** Closes the connections. Works that were not waited for are waited for. */
  dispose(): void {
    native.releaseGroup(this.#group);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Starts an operation. The native side keeps its tensors alive until it has ended. */
  #start(
    operation: string,
    into: readonly Tensor[],
    from: readonly Tensor[],
    start: (into: Handle[], from: Handle[]) => unknown,
  ): Work {
    const outputs = this.#staged(into);
    keep(outputs.filter((output, i) => output !== into[i]));
    const work = this.#explained(operation, () =>
      scope(() => start(handles(outputs), handles(this.#staged(from)))),
    );
    return {
      wait: () => {
        this.#explained(operation, () => native.groupWait(work));
        for (const [i, output] of outputs.entries()) {
          if (output === into[i] || output.disposed) continue;
          into[i]!.copy_(output);
          output.dispose();
        }
      },
      get done() {
        return native.groupIsDone(work);
      },
    };
  }

  /** NCCL moves what is on its device: a tensor of the CPU travels as a copy there. */
  #staged(tensors: readonly Tensor[]): Tensor[] {
    const moves = (tensor: Tensor): boolean => this.backend === 'nccl' && tensor.device === 'cpu';
    return tensors.map((tensor) => (moves(tensor) ? tensor.to(this.#device) : tensor));
  }

  #requireOnePerRank(name: string, tensors: readonly Tensor[]): void {
    if (tensors.length === this.size) return;
    throw new RangeError(`${name}: ${tensors.length} tensors for ${this.size} ranks`);
  }

  /** Turns what c10d throws for want of an answer into an error that names rank, operation and time-out. */
  #explained<T>(operation: string, fn: () => T): T {
    try {
      return fn();
    } catch (cause) {
      const where = { rank: this.rank, size: this.size, operation, timeoutMs: this.#timeoutMs };
      const reason = reasonOf(cause).replace(/^\[\S+:\d+\] /, '');
      if (TIMED_OUT.test(reason)) {
        const what = `${operation}: no answer from the others within ${this.#timeoutMs / 1000} s`;
        const remedy =
          'Another rank has ended, hangs, or is slower than that: --rank-timeout sets the limit.';
        throw new RankError(what, remedy, where, { cause });
      }
      if (!UNREACHABLE.test(reason)) throw cause;
      const remedy = 'Another rank has ended or cannot be reached: its own error says why.';
      throw new RankError(`${operation} failed: ${reason}`, remedy, where, { cause });
    }
  }
}

/** What Gloo, NCCL and the store say where a rank did not answer in time. */
const TIMED_OUT = /timed out|time-?out/i;
/** And where its connection is lost or never was. */
const UNREACHABLE = /connect|closed|reset|broken pipe|socket|peer|address|nccl|resolve/i;

function handles(tensors: readonly Tensor[]): Handle[] {
  return tensors.map(({ handle }) => handle);
}

/** Ranks of one machine meet on its loopback; others on the interface the user names, else on that of its host name. */
function glooInterface(host: string, isLocal: boolean): string {
  const named = process.env.GLOO_SOCKET_IFNAME?.split(',')[0];
  if (named) return named;
  const isLoopback = isLocal || host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (!isLoopback) return '';
  return process.platform === 'darwin' ? 'lo0' : 'lo';
}

/** @throws UsageError where the addon was built without it */
function requireBackend(backend: 'gloo' | 'nccl'): void {
  if (native.processGroupBackends().includes(backend)) return;
  const [what, remedy] =
    backend === 'gloo'
      ? [
          'ranks on the CPU need Gloo, and the addon was built without its headers',
          'Install them (apt-get install libgloo-dev), then run: aha setup',
        ]
      : [
          'ranks on GPUs need NCCL, and the addon was built without its headers',
          'Install them beside torch (pip install nvidia-nccl-cu12 or -cu13, as torch does), then run: aha setup',
        ];
  throw new UsageError(what, remedy);
}
