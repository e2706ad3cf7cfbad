/**
 * @file `aha run --nproc N`: starts the command N times on this machine, as ranks that compute together, and ends all of
 * them where one fails. Rank 0 has the terminal; lines of the others go to stderr with their number.
 *
 * The ranks read what torchrun sets too, so that torchrun and srun can start them as well (docs/distributed.md).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { availableParallelism, constants } from 'node:os';
import { createInterface } from 'node:readline';
import { UsageError, UserError } from '../../errors.ts';
import { ToldError } from '../cli/errors.ts';
import { EXIT_INTERRUPTED } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { EXIT_TIME_LIMIT } from '../cli/time-limit.ts';

/** Ends on which the ranks have agreed: each saves, and none is ended by force. */
const AGREED = new Set([0, EXIT_INTERRUPTED, EXIT_TIME_LIMIT]);

/** How long the others have, once a rank has failed, to fail with errors of their own, and then to save. */
const PATIENCE = { untilAskedMs: 2_000, untilKilledMs: 30_000 };

/** What each rank runs. */
export interface Job {
  /** A program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly count: number;
  readonly env: NodeJS.ProcessEnv;
  readonly patience?: typeof PATIENCE;
}

/**
 * Whether this process starts the ranks: it does unless it is one of them.
 * @throws UsageError where another launcher has started other ranks
 */
export function startsRanks(count: number, env: NodeJS.ProcessEnv): boolean {
  const size = Number(env.WORLD_SIZE ?? env.SLURM_STEP_NUM_TASKS ?? 1);
  if (size === 1) return count > 1;
  if (Number(env.LOCAL_WORLD_SIZE) === count) return false;
  throw new UsageError(
    `--nproc ${count}: this process is one of ${size} ranks already, by its environment`,
    'Leave --nproc out where torchrun or srun starts the ranks; unset WORLD_SIZE where neither does.',
  );
}

/** The command line of this process, for its ranks to be started with. */
export function ownCommand(): [string, ...string[]] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}

/**
 * Runs the ranks to their end.
 * @throws UserError that names the rank that failed first, with its exit status
 */
export async function launchRanks(job: Job, io: Io): Promise<void> {
  const shared = { ...job.env, ...(await sharedEnvironment(job.count, job.env)) };
  const ranks = Array.from({ length: job.count }, (_, rank) => new Rank(rank, job.command, shared, io));
  using _signals = passSignals(ranks);
  const timers: NodeJS.Timeout[] = [];
  let first: Ended | null = null;
  const watch = async (rank: Rank): Promise<Ended> => {
    const ended = await rank.ended;
    if (!AGREED.has(ended.status) && first === null) {
      first = ended;
      timers.push(...endOthers(ranks, job.patience ?? PATIENCE));
    }
    return ended;
  };
  const all = await Promise.all(ranks.map(watch));
  for (const timer of timers) clearTimeout(timer);
  const worst = first ?? all.find(({ status }) => status !== 0);
  if (worst !== undefined) throw failure(worst, job.count);
}

/** How a rank ended. */
interface Ended {
  readonly rank: number;
  /** As a shell reports it: 128 and the signal's number where one ended it. */
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
}

class Rank {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(rank: number, [program, ...args]: Job['command'], shared: NodeJS.ProcessEnv, io: Io) {
    const env = { ...shared, RANK: String(rank), LOCAL_RANK: String(rank) };
    // A terminal sends Ctrl-C to its whole group. Ranks outside of it hear of it once, from the launcher.
    this.#child =
      rank === 0
        ? spawn(program, args, { env, stdio: 'inherit' })
        : spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => io.stderr.write(`[rank ${rank}] ${line}\n`));
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        const status = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
        resolve({ rank, status, signal });
      });
    });
  }

  /** Sends a signal, unless the rank has ended. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

/** Asks the ranks to end, and then ends them. */
function endOthers(
  ranks: readonly Rank[],
  { untilAskedMs, untilKilledMs }: typeof PATIENCE,
): NodeJS.Timeout[] {
  const later = (ms: number, name: NodeJS.Signals) =>
    setTimeout(() => {
      for (const rank of ranks) rank.signal(name);
    }, ms);
  return [later(untilAskedMs, 'SIGTERM'), later(untilKilledMs, 'SIGKILL')];
}

/** Passes signals on: to all ranks, but the terminal's own Ctrl-C not to rank 0, which has heard it from the terminal. */
function passSignals(ranks: readonly Rank[]): Disposable {
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const told = name === 'SIGINT' && hasTerminal ? ranks.slice(1) : ranks;
    const pass = () => {
      for (const rank of told) rank.signal(name);
    };
    process.on(name, pass);
    return () => process.off(name, pass);
  });
  return {
    [Symbol.dispose]: () => {
      for (const stop of listeners) stop();
    },
  };
}

/** A rank that ended by itself has said why, and whoever interrupts one knows; one that a signal ended has not. */
function failure({ rank, status, signal }: Ended, count: number): UserError {
  if (signal === null || AGREED.has(status)) return new ToldError(status);
  const cause = signal === 'SIGKILL' ? 'Without memory the system ends a process so (dmesg tells). ' : '';
  return new UserError(
    `rank ${rank} of ${count} was ended by ${signal}, and the others with it`,
    `${cause}The same command with --resume goes on.`,
    { exitCode: status },
  );
}

/** What all ranks find in their environment: where they meet, and each one's share of the threads. */
async function sharedEnvironment(count: number, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const threads = Number(env.OMP_NUM_THREADS) || availableParallelism();
  return {
    AHA_THREADS: env.AHA_THREADS ?? String(Math.max(1, Math.floor(threads / count))),
    WORLD_SIZE: String(count),
    LOCAL_WORLD_SIZE: String(count),
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(await freePort()),
    // Of a torchrun that started this process alone: it has not opened that port.
    TORCHELASTIC_USE_AGENT_STORE: undefined,
  };
}

/** A port of this machine that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
