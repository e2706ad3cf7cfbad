import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { rankPlace, requireReadableStore } from './rank-place.ts';

const TORCHRUN = {
  RANK: '5',
  WORLD_SIZE: '8',
  LOCAL_RANK: '1',
  LOCAL_WORLD_SIZE: '4',
  MASTER_ADDR: 'node0',
  MASTER_PORT: '29500',
};
/** What srun sets for the third of four tasks, on the second of two machines. */
const SRUN = {
  SLURM_JOB_ID: '7012',
  SLURM_STEP_ID: '1',
  SLURM_STEP_NUM_TASKS: '4',
  SLURM_PROCID: '2',
  SLURM_LOCALID: '0',
  SLURM_NODEID: '1',
  SLURM_STEP_NODELIST: 'gpu[03-04]',
  SLURM_STEP_TASKS_PER_NODE: '2(x2)',
};

describe("torch's variables", () => {
  it('give the place', () =>
    expect(rankPlace(TORCHRUN)).toEqual({
      rank: 5,
      size: 8,
      localRank: 1,
      localSize: 4,
      host: 'node0',
      port: 29_500,
      isHost: false,
      prefix: 'aha/0',
    }));

  it('make rank 0 the host, unless torchrun has opened the port', () => {
    const first = { ...TORCHRUN, RANK: '0' };
    expect(rankPlace(first)).toMatchObject({ isHost: true });
    const agent = { TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '2' };
    expect(rankPlace({ ...first, ...agent })).toMatchObject({ isHost: false, prefix: 'aha/2' });
  });

  it.each<[Record<string, string | undefined>, string]>([
    [{ RANK: undefined }, 'RANK is not set'],
    [{ RANK: '8' }, 'RANK="8" is no whole number from 0 to 7'],
    [{ RANK: '-1' }, 'RANK="-1" is no'],
    [{ WORLD_SIZE: 'two' }, 'WORLD_SIZE="two" is no whole number from 1 on'],
    [{ LOCAL_RANK: '4' }, 'LOCAL_RANK="4" is no whole number from 0 to 3'],
    [{ MASTER_ADDR: undefined }, 'MASTER_ADDR is not set'],
    [{ MASTER_PORT: '65536' }, 'MASTER_PORT="65536" is no'],
  ])('%j is refused by name', (change, message) => {
    const place = () => rankPlace({ ...TORCHRUN, ...change });
    expect(place).toThrow(UsageError);
    expect(place).toThrow(message);
    expect(place).toThrow('Unset WORLD_SIZE to run in one process.');
  });
});

describe("Slurm's variables", () => {
  it('give the place, and meet on the first machine', () =>
    expect(rankPlace(SRUN)).toEqual({
      rank: 2,
      size: 4,
      localRank: 0,
      localSize: 2,
      host: 'gpu03',
      port: 20_000 + ((7012 * 16 + 1) % 10_000),
      isHost: false,
      prefix: 'aha/7012.1',
    }));

  it.each([
    ['node7', 'node7'],
    ['gpu[03-05,9],login', 'gpu03'],
    ['a[1,3]', 'a1'],
    ['one,two', 'one'],
  ])('read %s', (list, host) =>
    expect(rankPlace({ ...SRUN, SLURM_STEP_NODELIST: list })).toMatchObject({ host }),
  );

  it('count the tasks of machines that differ', () => {
    const uneven = { ...SRUN, SLURM_STEP_NUM_TASKS: '5', SLURM_STEP_TASKS_PER_NODE: '2(x2),1' };
    expect(rankPlace({ ...uneven, SLURM_NODEID: '2' })).toMatchObject({ localSize: 1 });
  });

  it('do not count beside those of torch', () =>
    expect(rankPlace({ ...SRUN, ...TORCHRUN })).toMatchObject({ rank: 5, size: 8 }));

  it('are no ranks in a batch script, which srun has not started', () => {
    const { SLURM_STEP_NUM_TASKS: _, ...batch } = SRUN;
    expect(rankPlace({ ...batch, SLURM_NTASKS: '4' })).toBeNull();
    expect(rankPlace({ ...SRUN, SLURM_STEP_NUM_TASKS: '1' })).toBeNull();
  });
});

it('refuses the store of a torchrun whose words this torch does not know', () => {
  const torchrun = { TORCHELASTIC_USE_AGENT_STORE: 'True', TORCH_NCCL_ASYNC_ERROR_HANDLING: '1' };
  expect(() => requireReadableStore(torchrun, '1.13.0')).toThrow(/^torch 1\.13\.0 cannot read the store/);
  requireReadableStore(torchrun, '2.8.0+cpu');
  requireReadableStore({ ...torchrun, TORCHELASTIC_USE_AGENT_STORE: 'False' }, '1.13.0');
  requireReadableStore({ TORCHELASTIC_USE_AGENT_STORE: 'True', NCCL_ASYNC_ERROR_HANDLING: '1' }, '1.13.0');
});
