/**
 * @file What the server makes of a model that is never the bottleneck: HTTP, events and text against a process that emits
 * random tokens at a GPU's pace. Needs no GPU.
 *
 *   npm run bench -- paced [streams=64,256] [step=3.6] [tokens=128] [runs=5] [profile=<directory>]
 *
 * `step` is the milliseconds of an engine's step, in which every stream gets a token: 3.6 is an H200 with 256 rows of
 * Qwen2.5-0.5B's shape, 0 as fast as the processes go. `profile` writes CPU profiles of server and model. Three processes: server,
 * model, clients. CPU times are of the main threads, from /proc: of Linux.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { quantiles } from '../../src/evaluation/statistics/quantile.ts';
import { writeFilledTokenizer } from '../gpu/random-checkpoint.ts';
import { Settings } from '../gpu/settings.ts';
import { firstLine } from '../serving.ts';
import { askAtOnce, type Served } from '../throughput-client.ts';
import { PROFILE_VARIABLE } from './profile.ts';

/** Qwen2.5's. */
const VOCAB_SIZE = 151_936;
const NS_PER_US = 1000;

interface Paced {
  readonly child: ChildProcess;
  readonly url: URL;
  /** Process ids. */
  readonly server: number;
  readonly model: number;
}

interface Run extends Served {
  /** Microseconds of the main threads. */
  readonly serverUs: number;
  readonly modelUs: number;
  readonly clientUs: number;
}

/** Prints a row for each number of streams. */
export async function paced(...words: string[]): Promise<void> {
  const settings = new Settings(words);
  const counts = settings.numbers('streams', [64, 256]);
  const stepMs = settings.number('step', 3.6, 0);
  const newTokens = settings.number('tokens', 128);
  const runs = settings.number('runs', 5);
  const profile = settings.text('profile', '');
  settings.done();
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-paced-'));
  writeFilledTokenizer(dir, VOCAB_SIZE);
  writeFileSync(path.join(dir, 'paced.json'), JSON.stringify({ stepMs }));
  const server = await startPaced(dir, Math.max(...counts), profile);
  try {
    console.log(
      `a step of ${stepMs} ms, ${newTokens} tokens a stream; medians of ${runs} after one to warm up`,
    );
    console.log(
      'streams | tokens/s | ÷ pace | events/s | first event ms: median, last | CPU µs a token: server, model, client | server µs an event',
    );
    for (const clients of counts) {
      await measured(server, clients, newTokens);
      const all: Run[] = [];
      for (let run = 0; run < runs; run++) all.push(await measured(server, clients, newTokens));
      console.log(row(all, clients, stepMs));
    }
  } finally {
    server.child.kill('SIGTERM');
    await new Promise((resolve) => server.child.once('exit', resolve));
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startPaced(dir: string, rows: number, profile: string): Promise<Paced> {
  const program = fileURLToPath(new URL('./server.ts', import.meta.url));
  const env = profile === '' ? {} : { [PROFILE_VARIABLE]: path.resolve(profile) };
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;
  const args = ['--import', loader, program, dir, `${rows}`];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const { url } = JSON.parse(await firstLine(child)) as { readonly url: string };
  const server = child.pid!;
  const [model] = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').split(' ').map(Number);
  return { child, url: new URL(url), server, model: model! };
}

async function measured({ url, server, model }: Paced, clients: number, newTokens: number): Promise<Run> {
  const pids = [server, model, process.pid];
  const before = pids.map(threadUs);
  const served = await askAtOnce(url, { clients, newTokens, bias: {} });
  const [serverUs, modelUs, clientUs] = pids.map((pid, i) => threadUs(pid) - before[i]!);
  return { ...served, serverUs: serverUs!, modelUs: modelUs!, clientUs: clientUs! };
}

/** Microseconds that the main thread of a process has been on a core. */
function threadUs(pid: number): number {
  const [onCpu] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(onCpu) / NS_PER_US;
}

function row(runs: readonly Run[], clients: number, stepMs: number): string {
  const median = (of: (run: Run) => number): number => quantiles(runs.map(of), [0.5])[0]!;
  const rate = median(({ tokensPerSecond }) => tokensPerSecond);
  const perToken = (['serverUs', 'modelUs', 'clientUs'] as const).map((of) =>
    median((run) => run[of] / run.tokens).toFixed(1),
  );
  return [
    clients,
    rate.toFixed(0),
    stepMs === 0 ? '' : (rate / ((clients * 1000) / stepMs)).toFixed(2),
    median(({ events, seconds }) => events / seconds).toFixed(0),
    [median(({ firstEventMs }) => firstEventMs), median(({ lastBegunMs }) => lastBegunMs)]
      .map((ms) => ms.toFixed(0))
      .join(', '),
    perToken.join(', '),
    median(({ serverUs, events }) => serverUs / events).toFixed(1),
  ].join(' | ');
}
