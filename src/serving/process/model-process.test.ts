import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import { byteTokenizer } from '../../../tests/support/byte-tokenizer.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { children } from '../../../tests/support/model-processes.ts';
import type { GenerationRequest } from '../backend.ts';
import { REQUEST } from '../testing.ts';
import { MODEL_DEFAULTS, type ModelOptions } from './messages.ts';
import { ModelProcess } from './model-process.ts';

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
});

async function optionsOf(more: Partial<ModelOptions> = {}): Promise<ModelOptions> {
  const checkpoint = await writeByteCheckpoint(await mkdtemp(path.join(tmpdir(), 'aha-process-')));
  const small = { maxRows: 2, maxQueue: 1, stallTimeoutMs: 1000, threads: 1 };
  return { ...MODEL_DEFAULTS, id: 'bytes', checkpoint, device: 'cpu', ...small, ...more };
}

function request(n: number): GenerationRequest {
  return { ...REQUEST, n, limits: { ...REQUEST.limits, maxTokens: 2 } };
}

describe('ModelProcess', () => {
  it('says that no process could be started', async () => {
    process.execPath = '/nonexistent/node';
    const model = new ModelProcess(await optionsOf(), () => {});
    await expect(model.start()).rejects.toThrow('could not be started');
    await model.close();
  });

  it('goes on trying where a process cannot be started again', async () => {
    const log: string[] = [];
    const model = new ModelProcess(await optionsOf(), ({ message }) => void log.push(message));
    await model.start();
    process.execPath = '/nonexistent/node';
    for (const pid of children()) process.kill(pid, 'SIGKILL');
    await eventually(() => expect(log.join()).toContain('could not be started'));
    expect(model.info.state).toBe('restarting');
    process.execPath = execPath;
    await eventually(() => expect(model.info.state).toBe('ready'));
    await model.close();
  });

  it('kills and starts again a process that stands still, and ends its requests', async () => {
    const log: string[] = [];
    const options = await optionsOf({ hangTimeoutMs: 2000 });
    const model = new ModelProcess(options, ({ message }) => void log.push(message));
    await model.start();
    const stopped = children();
    const { signal } = new AbortController();
    // On a machine that is busy enough it may have counted as hanging before.
    const events = await eventually(() => model.generate(request(1), signal));
    for (const pid of children()) process.kill(pid, 'SIGSTOP');
    await expect(async () => {
      for await (const _ of events);
      for (;;) for await (const _ of model.generate(request(1), signal));
    }).rejects.toMatchObject({ kind: expect.stringMatching('interrupted|unavailable') });
    expect(log.join()).toMatch(/bytes: the model's process gave no sign of life for 2 s.*\n.*--hang-timeout/);
    await eventually(() => expect(model.info.state).toBe('ready'));
    expect(children().filter((pid) => stopped.includes(pid))).toEqual([]);
    await eventually(async () => {
      for await (const _ of model.generate(request(1), signal));
    });
    await model.close();
  });

  it('refuses for good what never fits, and for now what does not fit now', async () => {
    const model = new ModelProcess(await optionsOf(), () => {});
    await model.start();
    const { signal } = new AbortController();
    const thrown = (n: number): unknown => {
      try {
        return model.generate(request(n), signal);
      } catch (error) {
        return error;
      }
    };
    expect(thrown(4)).toMatchObject({ kind: 'invalid', retryAfter: null });
    model.generate(request(2), signal);
    expect(thrown(2)).toMatchObject({ kind: 'queue_full' });
    await model.close();
  });

  it('drops replies that nobody reads for a request that there is no room for', async () => {
    const model = new ModelProcess(await optionsOf({ stallTimeoutMs: 600_000 }), () => {});
    await model.start();
    const { signal } = new AbortController();
    const long = { ...request(1), limits: { ...REQUEST.limits, maxTokens: 900 } };
    const sampling = { ...REQUEST.sampling, logitBias: { [byteTokenizer().eosId]: -100 } };
    const unread = [0, 1, 2].map(() => model.generate({ ...long, sampling }, signal));
    await eventually(() => expect(unread.filter(({ unreadSince }) => unreadSince !== null)).toHaveLength(2));
    // Nobody is dropped who may only be slow.
    expect(() => model.generate(request(1), signal)).toThrow('Try again later');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 51_000 });
    const events = model.generate(request(1), signal);
    vi.useRealTimers();
    await expect(async () => {
      for await (const _ of unread[0]!);
    }).rejects.toMatchObject({ kind: 'stalled' });
    for (const stream of unread) await stream.return();
    for await (const _ of events);
    await model.close();
  });
});
