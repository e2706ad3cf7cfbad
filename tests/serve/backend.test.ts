/** The models behind a server, in real processes: requests, cancellation, back-pressure, bounds, crashes, drain. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, GenerationEvent, GenerationRequest } from '../../src/serving/backend.ts';
import { MODEL_DEFAULTS, type ModelOptions, startBackend } from '../../src/serving/process/index.ts';
import { REQUEST } from '../../src/serving/testing.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { byteTokenizer } from '../support/byte-tokenizer.ts';
import { eventually, settled } from '../support/eventually.ts';
import { children } from '../support/model-processes.ts';

let checkpoint: string;
let options: ModelOptions;
let backend: Backend;
const log: string[] = [];

beforeAll(async () => {
  checkpoint = await writeByteCheckpoint(await mkdtemp(path.join(tmpdir(), 'aha-backend-')));
  const small = { maxRows: 4, maxQueue: 4, stallTimeoutMs: 3_000, threads: 1 };
  options = { ...MODEL_DEFAULTS, id: 'bytes', checkpoint, device: 'cpu', ...small };
  backend = await startBackend([options], ({ message }) => void log.push(message));
});
afterAll(() => backend.close());

type Changes = Partial<Omit<GenerationRequest, 'limits' | 'sampling'>> & {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
};

function request({ maxTokens = 20, temperature = 0, seed, ...changes }: Changes = {}): GenerationRequest {
  return {
    ...REQUEST,
    prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Say something.' }] },
    sampling: {
      ...REQUEST.sampling,
      temperature,
      // This model knows no end: replies are as long as they may be.
      logitBias: { [byteTokenizer().eosId]: -100 },
      seed: seed ?? null,
    },
    limits: { ...REQUEST.limits, maxTokens },
    ...changes,
  };
}

async function start(made: GenerationRequest, signal = new AbortController().signal) {
  return backend.generate('bytes', made, signal);
}

async function read(made: GenerationRequest): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of await start(made)) events.push(event);
  return events;
}

function textOf(events: readonly GenerationEvent[], index = 0): string {
  return events
    .map((event) => (event.type === 'delta' && event.index === index ? event.reasoning + event.content : ''))
    .join('');
}

const running = (): number => backend.stats()[0]!.running + backend.stats()[0]!.waiting;
const generated = (): number => backend.stats()[0]!.generatedTokens;

describe('startBackend', () => {
  it('says what it serves', () => {
    expect(backend.models()).toMatchObject([
      { id: 'bytes', state: 'ready', context: 1024, architecture: 'qwen3', dtype: 'float32', device: 'cpu' },
    ]);
    expect(backend.models()[0]!.parameters).toBeGreaterThan(10_000);
  });

  it('gives a start, deltas and a finish', async () => {
    const events = await read(request());
    expect(events[0]).toMatchObject({ type: 'start' });
    expect(events.at(-1)).toMatchObject({
      type: 'finish',
      reason: 'length',
      completionTokens: 20,
      thought: true,
    });
    expect(textOf(events).length).toBeGreaterThan(0);
  });

  it('gives the same for the same seed, and finds the prompt in the cache', async () => {
    const made = request({ temperature: 1, seed: 3, maxTokens: 40 });
    const [first, again] = [await read(made), await read(made)];
    const other = await read({ ...made, sampling: { ...made.sampling, seed: 4 } });
    expect(textOf(again)).toBe(textOf(first));
    expect(textOf(other)).not.toBe(textOf(first));
    expect(again[0]).toMatchObject({ cachedTokens: 32, promptTokens: 34 });
  });

  it('gives n replies, each with its own end', async () => {
    const events = await read(request({ n: 3, temperature: 1, seed: 1, maxTokens: 30 }));
    expect(events.filter(({ type }) => type === 'start')).toHaveLength(1);
    const finished = events.flatMap((event) => (event.type === 'finish' ? [event.index] : []));
    expect(finished.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(new Set([0, 1, 2].map((index) => textOf(events, index))).size).toBe(3);
  });

  it('reports log-probabilities', async () => {
    const events = await read(request({ topLogprobs: 3, maxTokens: 5 }));
    const told = events.flatMap((event) => (event.type === 'delta' ? (event.reasoningLogprobs ?? []) : []));
    expect(told).toHaveLength(5);
    for (const { top, logprob } of told) {
      expect(top).toHaveLength(3);
      expect(top[0]!.logprob).toBeCloseTo(logprob, 5);
    }
  });

  it('stops within a token of the reader going away', async () => {
    const controller = new AbortController();
    const events = await start(request({ maxTokens: 900 }), controller.signal);
    await events.next();
    await events.next();
    const before = generated();
    controller.abort();
    // What it tells of itself is up to half a second old.
    const after = await settled(generated, 1_500);
    await sleep(600);
    expect(generated()).toBe(after);
    expect(after - before).toBeLessThan(800);
    expect(running()).toBe(0);
    expect(await events.next()).toMatchObject({ done: true });
  });

  it('holds a reply up whose reader takes nothing, then gives it up', async () => {
    const before = generated();
    const events = await start(request({ maxTokens: 900, topLogprobs: 0 }));
    await events.next();
    await eventually(() => expect([generated() > before, running()]).toEqual([true, 0]));
    const taken: GenerationEvent[] = [];
    await expect(async () => {
      for await (const event of events) taken.push(event);
    }).rejects.toThrow('not read for too long');
    expect(taken.length).toBeGreaterThan(30);
    expect(taken.length).toBeLessThan(120);
  });

  it('refuses what goes beyond the queue, and says when to come back', async () => {
    const controller = new AbortController();
    const taken = await Promise.all(
      Array.from({ length: 8 }, () => start(request({ maxTokens: 900 }), controller.signal)),
    );
    await expect(start(request())).rejects.toMatchObject({
      kind: 'queue_full',
      retryAfter: expect.any(Number),
    });
    controller.abort();
    for (const events of taken) expect(await events.next()).toMatchObject({ done: true });
    await eventually(() => expect(running()).toBe(0));
    expect(await read(request())).not.toHaveLength(0);
  });

  it('refuses a prompt longer than the context, with the numbers', async () => {
    const prompt = { kind: 'text', text: 'x'.repeat(3000) } as const;
    await expect(read(request({ prompt }))).rejects.toMatchObject({
      kind: 'context_length',
      message: expect.stringMatching(
        /^This model's maximum context length is 1024 tokens. However, .* 3000 tokens/,
      ),
    });
  });

  it('goes to the end of the context and no further', async () => {
    const prompt = { kind: 'text', text: 'x'.repeat(1000) } as const;
    const events = await read(request({ prompt, maxTokens: 500 }));
    expect(events.at(-1)).toMatchObject({ reason: 'length', completionTokens: 24 });
  });

  it('refuses what the model cannot do', async () => {
    const made = request();
    const sampling = { ...made.sampling, logitBias: { '99999': 1 } };
    await expect(read({ ...made, sampling })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(backend.generate('no', made, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'unknown_model',
    });
  });

  it('breaks off and starts again when the model’s process is killed', async () => {
    const restarts = backend.stats()[0]!.restarts;
    const counted = generated();
    const events = await start(request({ maxTokens: 900 }));
    await events.next();
    const [pid] = children();
    process.kill(pid!, 'SIGKILL');
    await expect(async () => {
      for await (const _ of events);
    }).rejects.toMatchObject({ kind: 'interrupted' });
    await expect(start(request())).rejects.toMatchObject({ kind: 'unavailable' });
    await eventually(() => expect(backend.models()[0]!.state).toBe('ready'));
    expect(textOf(await read(request()))).not.toBe('');
    expect(backend.stats()[0]!.restarts).toBe(restarts + 1);
    expect(generated()).toBeGreaterThanOrEqual(counted);
    expect(log.join()).toContain('SIGKILL');
  });

  it('refuses a checkpoint that is none, and leaves no process behind', async () => {
    const before = children().length;
    await expect(startBackend([{ ...options, checkpoint: path.dirname(checkpoint) }])).rejects.toThrow(
      'tokenizer.json',
    );
    await expect(startBackend([{ ...options, context: 5000 }])).rejects.toThrow('--context 5000 is longer');
    await eventually(() => expect(children()).toHaveLength(before));
  });

  it('drains: what runs ends, nothing new is taken', async () => {
    const other = await startBackend([options]);
    const events = await other.generate('bytes', request({ maxTokens: 300 }), new AbortController().signal);
    const reading = (async () => {
      let last: GenerationEvent | undefined;
      for await (const event of events) last = event;
      return last;
    })();
    const drained = other.drain();
    await expect(other.generate('bytes', request(), new AbortController().signal)).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await drained;
    expect(await reading).toMatchObject({ type: 'finish', completionTokens: 300 });
    await other.close();
  });
});
