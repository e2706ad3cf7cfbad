/**
 * @file A process's place among ranks, from the environment that a launcher sets: `aha run --nproc`, torchrun, Kubeflow's
 * trainer and Ray set torch's variables, srun sets Slurm's.
 */
import { UsageError } from '../errors.ts';

/** Where a process stands, and where the ranks meet. */
export interface RankPlace {
  /** From 0 to `size` − 1. */
  readonly rank: number;
  readonly size: number;
  /** The rank among those of this machine: the number of its GPU. */
  readonly localRank: number;
  /** Ranks on this machine. */
  readonly localSize: number;
  /** Where the ranks leave their addresses for each other. */
  readonly host: string;
  readonly port: number;
  /** Whether this process opens that port: rank 0 does, unless torchrun has opened it already. */
  readonly isHost: boolean;
  /** Before the names under which they leave them: a job that torchrun starts again must not read the old ones. */
  readonly prefix: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const REMEDY =
  'A launcher sets it: aha run --nproc, torchrun or srun. Unset WORLD_SIZE to run in one process.';

/**
 * The place of this process; null where no launcher has set `WORLD_SIZE`, srun has started no other task, or there is
 * one rank alone.
 * @throws UsageError for a variable that is missing or out of range
 */
export function rankPlace(env: Environment): RankPlace | null {
  if (env.WORLD_SIZE === undefined) return slurmPlace(env);
  const size = wholeNumber(env, 'WORLD_SIZE', 1, Number.MAX_SAFE_INTEGER);
  if (size === 1) return null;
  const rank = wholeNumber(env, 'RANK', 0, size - 1);
  const localSize = env.LOCAL_WORLD_SIZE === undefined ? 1 : wholeNumber(env, 'LOCAL_WORLD_SIZE', 1, size);
  const localRank = env.LOCAL_RANK === undefined ? 0 : wholeNumber(env, 'LOCAL_RANK', 0, localSize - 1);
  const host = env.MASTER_ADDR;
  if (!host) throw new UsageError('MASTER_ADDR is not set, and WORLD_SIZE is', REMEDY);
  return {
    rank,
    size,
    localRank,
    localSize,
    host,
    port: wholeNumber(env, 'MASTER_PORT', 1, 65_535),
    isHost: rank === 0 && env.TORCHELASTIC_USE_AGENT_STORE !== 'True',
    prefix: `aha/${env.TORCHELASTIC_RESTART_COUNT ?? 0}`,
  };
}

/**
 * torch 1.x and 2.x speak differently with the store that torchrun opens: one waits for ever for the other's answer.
 * A torchrun of 2.x is known by a variable that it sets for NCCL.
 * @param torch - the version of this process's torch
 * @throws UsageError
 */
export function requireReadableStore(env: Environment, torch: string): void {
  const isNew = env.TORCH_NCCL_ASYNC_ERROR_HANDLING !== undefined;
  if (env.TORCHELASTIC_USE_AGENT_STORE !== 'True' || !isNew || !torch.startsWith('1.')) return;
  throw new UsageError(
    `torch ${torch} cannot read the store that this torchrun opened`,
    'Start torchrun with --standalone or --rdzv-backend=c10d, and TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 set.',
  );
}

/**
 * The place that srun gives: variables of a step, since a batch script outside of srun has SLURM_PROCID too. The ranks
 * meet on the step's first machine, at a port made of the job's number.
 */
function slurmPlace(env: Environment): RankPlace | null {
  if (env.SLURM_STEP_NUM_TASKS === undefined || env.SLURM_PROCID === undefined) return null;
  const size = wholeNumber(env, 'SLURM_STEP_NUM_TASKS', 1, Number.MAX_SAFE_INTEGER);
  if (size === 1) return null;
  const rank = wholeNumber(env, 'SLURM_PROCID', 0, size - 1);
  const job = wholeNumber(env, 'SLURM_JOB_ID', 0, Number.MAX_SAFE_INTEGER);
  const step = Number(env.SLURM_STEP_ID ?? 0) || 0;
  return {
    rank,
    size,
    localRank: wholeNumber(env, 'SLURM_LOCALID', 0, size - 1),
    localSize: localTasks(env, size),
    host: env.MASTER_ADDR ?? firstHost(env),
    port:
      env.MASTER_PORT === undefined
        ? 20_000 + ((job * 16 + step) % 10_000)
        : wholeNumber(env, 'MASTER_PORT', 1, 65_535),
    isHost: rank === 0,
    prefix: `aha/${job}.${step}`,
  };
}

/** The first machine of a list such as `gpu[03-05,9],login` or `node1`. */
function firstHost(env: Environment): string {
  const list = env.SLURM_STEP_NODELIST ?? env.SLURM_JOB_NODELIST ?? '';
  const [, name, range] = /^([^,[\]]+)(?:\[([^\],-]+)[^\]]*\])?/.exec(list) ?? [];
  if (name !== undefined) return `${name}${range ?? ''}`;
  throw new UsageError(
    `SLURM_STEP_NODELIST="${list}" names no machine`,
    'Set MASTER_ADDR to the name of the first machine of the job.',
  );
}

/** This machine's tasks: of `2(x3),1` those at the place of this machine. */
function localTasks(env: Environment, size: number): number {
  const counts = (env.SLURM_STEP_TASKS_PER_NODE ?? '').split(',').flatMap((part) => {
    const [, count, times] = /^(\d+)(?:\(x(\d+)\))?$/.exec(part) ?? [];
    return count === undefined ? [] : Array.from({ length: Number(times ?? 1) }, () => Number(count));
  });
  return counts[Number(env.SLURM_NODEID ?? 0)] ?? size;
}

function wholeNumber(env: Environment, name: string, least: number, most: number): number {
  const text = env[name];
  if (text === undefined) throw new UsageError(`${name} is not set, and the number of ranks is`, REMEDY);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new UsageError(`${name}="${text}" is no whole number ${range}`, REMEDY);
}
