/** @file Ranks over a process group: vectors added up, and JavaScript values exchanged as bytes. */
import { deserialize, serialize } from 'node:v8';
import { UsageError } from '../errors.ts';
import { ALONE, type Ranks } from '../ranks.ts';
import { tensor } from './functional.ts';
import { native } from './native.ts';
import { ProcessGroup, type ProcessGroupOptions } from './process-group.ts';
import { type RankPlace, rankPlace } from './rank-place.ts';
import { scope } from './scope.ts';
import type { Tensor } from './tensor.ts';

/** The ranks of this process, and where it computes. */
export interface OpenedRanks {
  readonly ranks: Ranks;
  readonly device: string;
}

/**
 * The ranks that a launcher has started this process among; ALONE where none has.
 * @param device - of a process alone; a rank on a GPU takes that of its number on the machine
 * @throws UsageError, RankError as ProcessGroup does
 */
export function openRanks(device: string, options: Omit<ProcessGroupOptions, 'device'> = {}): OpenedRanks {
  const place = rankPlace(process.env);
  if (place === null) return { ranks: ALONE, device };
  const own = device === 'cpu' ? device : gpuOf(place, native.cudaDevices().length);
  return { ranks: new GroupRanks(new ProcessGroup(place, { ...options, device: own })), device: own };
}

/**
 * The GPU of a rank.
 * @param count - GPUs that this process sees
 * @throws UsageError where there is none of that number
 */
export function gpuOf({ rank, localRank }: Pick<RankPlace, 'rank' | 'localRank'>, count: number): string {
  if (localRank < count) return `cuda:${localRank}`;
  throw new UsageError(
    `rank ${rank} is number ${localRank} of its machine, and sees ${count} GPUs, from 0 on`,
    'Start no more ranks on a machine than it has GPUs, and let each see all of them (srun: --gpus-per-node).',
  );
}

/** Bytes that are exchanged at once, before it is known how many there are. */
const FIRST_BYTES = 1024;
/** Of them, those that say how many there are. */
const LENGTH_BYTES = 4;

/** The ranks of a process group. */
export class GroupRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly #group: Pick<ProcessGroup, 'rank' | 'size' | 'allReduce' | 'allGather'>;

  constructor(group: Pick<ProcessGroup, 'rank' | 'size' | 'allReduce' | 'allGather'>) {
    this.rank = group.rank;
    this.size = group.size;
    this.#group = group;
  }

  sum(vector: Tensor): void {
    this.#group.allReduce(vector);
  }

  gather<T>(own: T): T[] {
    const bytes = serialize(own);
    const message = Buffer.alloc(LENGTH_BYTES);
    message.writeUInt32LE(bytes.length);
    const whole = Buffer.concat([message, bytes]);
    const firsts = this.#exchange(whole, FIRST_BYTES);
    const lengths = firsts.map((first) => LENGTH_BYTES + Buffer.from(first).readUInt32LE());
    const longest = Math.max(...lengths);
    const all = longest <= FIRST_BYTES ? firsts : this.#exchange(whole, longest);
    return all.map((one, rank) => deserialize(one.subarray(LENGTH_BYTES, lengths[rank])) as T);
  }

  /** The first `length` bytes of each rank. */
  #exchange(bytes: Uint8Array, length: number): Uint8Array[] {
    const own = new Uint8Array(length);
    own.set(bytes.subarray(0, length));
    return scope(() => {
      const into = Array.from({ length: this.size }, () => tensor(new Uint8Array(length)));
      this.#group.allGather(into, tensor(own));
      return into.map((one) => one.toBytes());
    });
  }
}
