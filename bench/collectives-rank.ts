/** @file One rank of `npm run bench -- collectives`; rank 0 prints. */
import { ones, ProcessGroup, type Tensor } from '../src/torch/index.ts';

const MEBIBYTE = 2 ** 20;
const SIZES = [MEBIBYTE / 16, MEBIBYTE, 16 * MEBIBYTE, 64 * MEBIBYTE];
const ROUNDS = 15;

const group = ProcessGroup.fromEnvironment(process.env);
if (group === null) throw new Error('started without a launcher');
const { rank, size } = group;

/** Median time of an operation, in ms. Each round begins together. */
function measure(run: () => void): number {
  run();
  const times = Array.from({ length: ROUNDS }, () => {
    group!.barrier();
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

/** An operation of vectors of so many elements, and the part of their bytes that each rank sends. */
type Operation = (elements: number) => { run: () => void; sent: number };

const slices = (vector: Tensor): Tensor[] => vector.chunk(size, 0);
const share = (size - 1) / size;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'all-reduce': (elements) => {
    const vector = ones([elements]);
    return { run: () => group.allReduce(vector), sent: 2 * share };
  },
  'reduce-scatter': (elements) => {
    const vector = slices(ones([elements]));
    const own = ones([elements / size]);
    return { run: () => group.reduceScatter(own, vector), sent: share };
  },
  'all-gather': (elements) => {
    const vector = slices(ones([elements]));
    const own = ones([elements / size]);
    return { run: () => group.allGather(vector, own), sent: share };
  },
  'all-to-all': (elements) => {
    const [vector, own] = [slices(ones([elements])), slices(ones([elements]))];
    return { run: () => group.allToAll(own, vector), sent: share };
  },
};

if (rank === 0) console.log(`${size} ranks, ${group.backend}: median ms, and GB/s that each rank sends`);
for (const [name, operation] of Object.entries(OPERATIONS)) {
  const cells = SIZES.map((bytes) => {
    // The same number of elements for each rank.
    const elements = Math.floor(bytes / 4 / size) * size;
    const { run, sent } = operation(elements);
    const ms = measure(run);
    return `${(bytes / MEBIBYTE).toString().padStart(6)} MiB ${ms.toFixed(2).padStart(7)} ms ${((sent * bytes) / ms / 1e6).toFixed(2).padStart(5)} GB/s`;
  });
  if (rank === 0) console.log(`${name.padEnd(14)} ${cells.join('   ')}`);
}
group.dispose();
