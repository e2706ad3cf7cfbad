/** Real processes as ranks: what they find in their environment, and how the end of one ends the others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startsRanks } from './run-ranks.ts';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

/** Launches ranks of a script from a process of its own, whose streams rank 0 has. */
async function launch(
  count: number,
  script: string,
  {
    env = {},
    onceAllAreHere,
  }: { env?: Record<string, string>; onceAllAreHere?: (launcher: ChildProcess) => void } = {},
) {
  const launcher = `
    import { launchRanks } from ${here('./run-ranks.ts')};
    import { describeFailure } from ${here('../cli/errors.ts')};
    const job = {
      command: [process.execPath, '--input-type=module', '--eval', ${JSON.stringify(script)}],
      count: ${count},
      env: process.env,
      patience: { untilAskedMs: 100, untilKilledMs: 600 },
    };
    await launchRanks(job, process).catch((error) => {
      const { exitCode, text } = describeFailure(error, false);
      process.exitCode = exitCode;
      if (text !== null) process.stderr.write(text);
    });`;
  const command = ['--import', tsx, '--input-type=module', '--eval', launcher];
  const { AHA_THREADS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, command, {
    env: { ...inherited, OMP_NUM_THREADS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  let met = 0;
  const hear = (stream: keyof typeof said) => (data: Buffer) => {
    const text = data.toString();
    said[stream] += text;
    met += text.split('here\n').length - 1;
    if (met < count) return;
    met = Number.NEGATIVE_INFINITY;
    onceAllAreHere?.(child);
  };
  child.stderr.on('data', hear('err'));
  child.stdout.on('data', hear('out'));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...said };
}

const NAMES = ['RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'LOCAL_WORLD_SIZE', 'MASTER_ADDR', 'AHA_THREADS'];
/** What a torchrun sets that has started one process, the launcher. */
const TORCHRUN = { WORLD_SIZE: '1', MASTER_ADDR: 'node0', TORCHELASTIC_USE_AGENT_STORE: 'True' };
/** Waits until a signal ends it, or for ever. */
const STAY = 'setInterval(() => undefined, 1000);';

describe.concurrent('launchRanks', { timeout: 60_000 }, () => {
  it('gives each rank its place and its share of the threads; rank 0 has stdout', async () => {
    const script = `
      const { env } = process;
      console.log(JSON.stringify(${JSON.stringify(NAMES)}.map((name) => env[name])));
      if (!(Number(env.MASTER_PORT) > 0)) throw new Error('no port');
      if ('TORCHELASTIC_USE_AGENT_STORE' in env) throw new Error('nobody would open the port');`;
    const { status, out, err } = await launch(2, script, { env: TORCHRUN });
    const threads = String(Math.max(1, Math.floor(availableParallelism() / 2)));
    const place = (rank: string) => [rank, '2', rank, '2', '127.0.0.1', threads];
    expect(JSON.parse(out)).toEqual(place('0'));
    expect(JSON.parse(err.replace(/^\[rank 1\] /, ''))).toEqual(place('1'));
    expect(status).toBe(0);
  });

  it('leaves threads that were set', async () => {
    const { out } = await launch(2, 'console.log(process.env.AHA_THREADS)', { env: { AHA_THREADS: '3' } });
    expect(out).toBe('3\n');
  });

  it('ends with the status of the rank that fails, which has told why', async () => {
    const script = `
      if (process.env.RANK === '1') { console.error('aha: no such file'); process.exit(2); }
      ${STAY}`;
    const { status, err } = await launch(3, script);
    expect({ status, err }).toEqual({ status: 2, err: '[rank 1] aha: no such file\n' });
  });

  it('names a rank that was killed, and kills one that does not end', async () => {
    const script = `
      import { connect, createServer } from 'node:net';
      process.on('SIGTERM', () => console.log('asked'));
      const port = Number(process.env.MASTER_PORT);
      const meet = () => connect(port).on('error', () => setTimeout(meet, 20)).on('connect', () => process.kill(process.pid, 'SIGKILL'));
      if (process.env.RANK === '1') meet();
      else createServer().listen(port);`;
    const { status, out, err } = await launch(2, script);
    expect(status).toBe(137);
    expect(out).toBe('asked\n');
    expect(err).toMatch(/^aha: rank 1 of 2 was ended by SIGKILL, and the others with it\n {2}.*--resume/);
  });

  it.for(['SIGINT', 'SIGTERM'] as const)('passes %s on once, and lets the ranks agree', async (name) => {
    const script = `
      process.on('${name}', () => { console.log('heard'); setTimeout(() => process.exit(130), 300); });
      console.log('here');
      ${STAY}`;
    const { status, out, err } = await launch(2, script, {
      onceAllAreHere: (launcher) => launcher.kill(name),
    });
    expect(status).toBe(130);
    expect(out).toBe('here\nheard\n');
    expect(err).toBe('[rank 1] here\n[rank 1] heard\n');
  });
});

describe('startsRanks', () => {
  it.each([
    [1, {}, false],
    [2, {}, true],
    [2, { WORLD_SIZE: '1' }, true],
    [2, { WORLD_SIZE: '2', LOCAL_WORLD_SIZE: '2' }, false],
  ])('%i with %j: %s', (count, env, starts) => expect(startsRanks(count, env)).toBe(starts));

  it.each([{ WORLD_SIZE: '4', LOCAL_WORLD_SIZE: '4' }, { WORLD_SIZE: '2' }, { SLURM_STEP_NUM_TASKS: '4' }])(
    'is refused beside another launcher: %j',
    (env) => expect(() => startsRanks(3, env)).toThrow(/--nproc 3: this process is one of \d ranks already/),
  );
});
