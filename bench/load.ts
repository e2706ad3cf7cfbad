/**
 * @file Mixed load on a running server: it must answer to the end, and its memory must stay flat.
 *
 *   npm run bench -- load [minutes] [checkpoint]     30 minutes of the base model unless told otherwise
 *
 * All at once: plain and streamed requests, readers that go away, readers that read slowly, malformed and oversized
 * bodies, prompts beyond the context, connections that send nothing. Every minute memory of the server and of the
 * model's process, tokens and latencies are printed. Exit status 1 when something unexpected was answered or memory in
 * the last third of the time was more than a tenth above that in the middle third.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantiles } from '../src/evaluation/statistics/quantile.ts';
import { Random } from '../src/random.ts';
import { type Server, startServer } from './serving.ts';

const WORKERS = 24;
const MIB = 2 ** 20;

/** What the load has seen. */
class Tally {
  readonly counts = new Map<string, number>();
  readonly unexpected: string[] = [];
  readonly firstTokenMs: number[] = [];

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  expect(what: string, status: number, wanted: readonly number[]): void {
    this.count(`${what} ${status}`);
    if (!wanted.includes(status)) this.unexpected.push(`${what}: status ${status}`);
  }
}

/** Runs the load for as many minutes and prints the course of it. */
export async function load(minutes = '30', checkpoint = 'models/tiny-base'): Promise<void> {
  const args = [`model=${checkpoint}`, '--max-queue', '8', '--stall-timeout', '5'];
  const server = await startServer(args, ['--expose-gc', '--import', COLLECTS]);
  const tally = new Tally();
  const end = Date.now() + 60_000 * Number(minutes);
  const working = Array.from({ length: WORKERS }, (_, i) =>
    work(server.url, tally, Random.derive(0, 'load', i), end),
  );
  const course = await watch(server, tally, end, 60_000 * Math.min(1, Number(minutes) / 10));
  await Promise.all(working);
  console.log(
    [...tally.counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `${what}: ${count}`)
      .join('\n'),
  );
  for (const what of tally.unexpected.slice(0, 20)) console.log(`unexpected: ${what}`);
  const third = Math.floor(course.length / 3);
  const [middle, last] = [course.slice(third, 2 * third), course.slice(-third)];
  const mean = (part: readonly Memory[], of: keyof Memory): number =>
    part.reduce((sum, memory) => sum + memory[of], 0) / part.length;
  const growth = (['heap', 'server', 'model'] as const).map((of) => mean(last, of) / mean(middle, of));
  const named = ['heap', 'server', 'model'].map((name, k) => `${name} ×${growth[k]!.toFixed(3)}`);
  console.log(`memory, last third to middle third: ${named.join(', ')}`);
  const health = await fetch(new URL('/health', server.url));
  console.log(`health at the end: ${health.status}`);
  server.child.kill('SIGTERM');
  const [code] = await new Promise<[number | null]>((resolve) =>
    server.child.once('exit', (status) => resolve([status])),
  );
  console.log(`exit after SIGTERM: ${code}`);
  if (tally.unexpected.length > 0 || growth.some((factor) => factor > 1.1) || code !== 0)
    process.exitCode = 1;
}

/** SIGUSR2 collects garbage: what Node has not yet given back tells nothing of a leak. */
const COLLECTS = 'data:text/javascript,process.on("SIGUSR2",()=>globalThis.gc())';
const COLLECTION_MS = 500;

interface Memory {
  /** What the server's heap holds once garbage is collected. */
  readonly heap: number;
  readonly server: number;
  readonly model: number;
}

/** Prints memory, tokens and latency at each interval. */
async function watch({ child, url }: Server, tally: Tally, end: number, every: number): Promise<Memory[]> {
  const course: Memory[] = [];
  let before = 0;
  console.log(
    'minute | server heap MiB | server MiB | model MiB | tokens/s | first token p50, p99 | running, waiting',
  );
  for (let minute = 1; Date.now() < end; minute++) {
    await sleep(Math.min(every, Math.max(0, end - Date.now())));
    child.kill('SIGUSR2');
    await sleep(COLLECTION_MS);
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    const figure = (name: string): number =>
      Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1]);
    const memory = {
      heap: figure('aha_nodejs_heap_size_used_bytes'),
      server: resident(child.pid!),
      model: figure('aha_model_resident_bytes'),
    };
    course.push(memory);
    const tokens = figure('aha_engine_generated_tokens_total');
    const { firstTokenMs } = tally;
    const [p50, p99] = (firstTokenMs.length > 0 ? quantiles(firstTokenMs, [0.5, 0.99]) : [NaN, NaN]).map(
      (ms) => ms.toFixed(0),
    );
    firstTokenMs.length = 0;
    const row = [
      ((minute * every) / 60_000).toFixed(1),
      (memory.heap / MIB).toFixed(1),
      (memory.server / MIB).toFixed(0),
      (memory.model / MIB).toFixed(0),
      ((tokens - before) / (every / 1000)).toFixed(0),
      `${p50}, ${p99} ms`,
      `${figure('aha_replies_running')}, ${figure('aha_replies_waiting')}`,
    ];
    console.log(row.join(' | '));
    before = tokens;
  }
  return course;
}

function resident(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4096;
}

type Act = (url: URL, tally: Tally, random: Random) => Promise<void>;
const ACTS: readonly Act[] = [
  plain,
  streamed,
  streamed,
  streamed,
  goesAway,
  slow,
  malformed,
  oversized,
  tooLong,
  silent,
];

/** One client that does one thing after another. */
async function work(url: URL, tally: Tally, random: Random, end: number): Promise<void> {
  while (Date.now() < end) {
    try {
      await ACTS[random.int(0, ACTS.length - 1)]!(url, tally, random);
    } catch (error) {
      tally.unexpected.push(
        error instanceof Error ? `${error.message} ${JSON.stringify(error.cause) ?? ''}` : String(error),
      );
      await sleep(100);
    }
  }
}

function body(random: Random, changes: object = {}): string {
  const numbers = Array.from({ length: random.int(2, 6) }, () => random.int(1, 99));
  const messages = [{ role: 'user', content: `what is ${numbers.join(' + ')} ?` }];
  return JSON.stringify({
    model: 'model',
    messages,
    max_tokens: random.int(8, 120),
    temperature: 1,
    ...changes,
  });
}

async function post(url: URL, text: string, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(new URL('/v1/chat/completions', url), {
    method: 'POST',
    headers,
    body: text,
    ...(signal && { signal }),
  });
}

async function plain(url: URL, tally: Tally, random: Random): Promise<void> {
  const response = await post(url, body(random));
  tally.expect('plain', response.status, [200, 429]);
  await response.text();
  if (response.status === 429) await sleep(200);
}

async function streamed(url: URL, tally: Tally, random: Random): Promise<void> {
  const begun = performance.now();
  const response = await post(url, body(random, { stream: true }));
  tally.expect('streamed', response.status, [200, 429]);
  let text = '';
  for await (const chunk of response.body!) {
    if (text === '' && response.status === 200) tally.firstTokenMs.push(performance.now() - begun);
    text += Buffer.from(chunk).toString();
  }
  if (response.status === 200 && !text.endsWith('data: [DONE]\n\n'))
    tally.unexpected.push(`streamed: ends in ${text.slice(-80)}`);
  if (response.status === 429) await sleep(200);
}

async function goesAway(url: URL, tally: Tally, random: Random): Promise<void> {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), random.int(1, 300)).unref();
  try {
    const response = await post(
      url,
      body(random, { stream: random.chance(0.7), max_tokens: 150 }),
      controller.signal,
    );
    tally.expect('goes away', response.status, [200, 429]);
    await response.text();
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    tally.count('goes away before the end');
  }
}

/** Reads nothing for a while; some are given up by the server, which is what it should do. */
async function slow(url: URL, tally: Tally, random: Random): Promise<void> {
  const response = await post(
    url,
    body(random, { stream: true, max_tokens: 150, n: 4, logprobs: true, top_logprobs: 5 }),
  );
  tally.expect('slow', response.status, [200, 429]);
  await sleep(random.int(500, 8000));
  await response.text();
}

async function malformed(url: URL, tally: Tally, random: Random): Promise<void> {
  const bodies = [
    '{',
    '',
    'null',
    '{"model":3}',
    '{"messages":[{"role":"x"}]}',
    '['.repeat(20_000),
    body(random, { temperature: 'hot' }),
  ];
  const response = await post(url, bodies[random.int(0, bodies.length - 1)]!);
  tally.expect('malformed', response.status, [400, 422]);
  await response.text();
}

async function oversized(url: URL, tally: Tally, random: Random): Promise<void> {
  const response = await post(
    url,
    body(random, { messages: [{ role: 'user', content: 'x'.repeat(5 * MIB) }] }),
  );
  tally.expect('oversized', response.status, [413]);
  await response.text();
}

async function tooLong(url: URL, tally: Tally, random: Random): Promise<void> {
  const content = 'one plus '.repeat(random.int(200, 5000));
  const response = await post(url, body(random, { messages: [{ role: 'user', content }] }));
  tally.expect('too long', response.status, [400, 429]);
  await response.text();
}

/** A connection that begins a request and sends no more. */
async function silent(url: URL, tally: Tally, random: Random): Promise<void> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => {});
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n');
  await sleep(random.int(10, 2000));
  socket.destroy();
  tally.count('silent');
}
