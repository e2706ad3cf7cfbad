/**
 * @file The program of each rank in process-group.test.ts: runs every operation, prints what it got as JSON, and then the
 * errors it met when another rank did not answer and when one was killed.
 */
import { setTimeout } from 'node:timers/promises';
import { RankError } from '../errors.ts';
import { full, tensor, zeros } from './functional.ts';
import { ProcessGroup } from './process-group.ts';
import { rankPlace } from './rank-place.ts';
import type { Tensor } from './tensor.ts';

/** Sums of these depend on the order: 1 is lost beside 1e8, and is not after −1e8. */
export const ORDERED = [1e8, 1, -1e8];

const place = rankPlace(process.env)!;
const { rank, size } = place;
const group = ProcessGroup.fromEnvironment(process.env, { timeoutMs: 20_000 })!;
const ranks = Array.from({ length: size }, (_, i) => i);

/** What `fill` makes of a result that begins as zeros. */
function after(shape: readonly number[], fill: (result: Tensor) => void): number[] {
  const result = zeros(shape);
  fill(result);
  return result.toArray();
}

const into = ranks.map((from) => zeros([from + rank + 1]));
group.allToAll(
  into,
  ranks.map((to) => full([to + rank + 1], 10 * rank + to)),
);
const gathered = ranks.map(() => zeros([2, 2], { dtype: 'bfloat16' }));
group.allGather(gathered, full([2, 2], rank + 0.5, { dtype: 'bfloat16' }));
const square = tensor([1, 2, 3, 4], [2, 2]).mul(rank + 1);
const broadcast = square.transpose(0, 1);
const early = tensor([rank, -rank]);
const work = group.allReduceAsync(early, 'max');
const flags = tensor([rank === 1 ? 1 : 0], [1], { dtype: 'bool' });
group.broadcast(flags, 1);
group.broadcast(broadcast, 1);
work.wait();

const results = {
  sum: after([5], (result) => group.allReduce(result.fill_(ORDERED[rank]!))),
  half: after([1], (result) => {
    const half = full([1], rank + 0.25, { dtype: 'bfloat16' });
    group.allReduce(half);
    result.copy_(half);
  }),
  scattered: after([2], (result) =>
    group.reduceScatter(
      result,
      ranks.map((to) => full([2], to === 0 ? ORDERED[rank]! : rank + to)),
    ),
  ),
  max: early.toArray(),
  flags: flags.toArray(),
  broadcast: broadcast.toArray(),
  gathered: gathered.map((one) => one.toArray()),
  exchanged: into.map((one) => one.toArray()),
  pair: null as number[] | null,
};

// The first two meet again, in a group whose ranks do not wait long.
if (rank < 2) {
  const apart = { ...place, size: 2, localSize: 2, prefix: 'pair', port: Number(process.env.PAIR_PORT) };
  const pair = new ProcessGroup(apart, { timeoutMs: 2000 });
  results.pair = after([3], (result) => pair.allReduce(result.fill_(rank + 1)));
  process.stdout.write(`${JSON.stringify(results)}\n`);
  if (rank === 0) report(() => pair.barrier());
  // The other sleeps meanwhile.
  else await setTimeout(2500);
} else {
  process.stdout.write(`${JSON.stringify(results)}\n`);
  await setTimeout(500);
  process.kill(process.pid, 'SIGKILL');
}
report(() => group.allReduce(zeros([1])));

/** Prints the error of an operation that must fail. */
function report(fn: () => void): void {
  try {
    fn();
  } catch (error) {
    if (!(error instanceof RankError)) throw error;
    const { message, operation, timeoutMs } = error;
    process.stdout.write(`${JSON.stringify({ message, operation, timeoutMs, rank: error.rank })}\n`);
  }
}
