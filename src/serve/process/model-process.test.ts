import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import type { GenerationRequest } from '../backend.ts';
import type { ModelOptions } from './messages.ts';
import { ModelProcess } from './model-process.ts';

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
});

async function optionsOf(): Promise<ModelOptions> {
  return {
    id: 'bytes',
    checkpoint: await writeByteCheckpoint(await mkdtemp(path.join(tmpdir(), 'aha-process-'))),
    device: 'cpu',
    dtype: 'auto',
    maxRows: 2,
    maxQueue: 1,
    context: null,
    cacheTokens: null,
    blockSize: 16,
    promptTemplate: null,
    thinking: 'auto',
    stallTimeoutMs: 1000,
    threads: 1,
  };
}

function request(n: number): GenerationRequest {
  return {
    prompt: { kind: 'text', text: 'x' },
    n,
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: {},
      seed: null,
    },
    limits: { maxTokens: 2, maxAnswerTokens: null, maxThinkingTokens: null },
    stop: [],
    topLogprobs: null,
    format: { type: 'text' },
  };
}

/** Processes of models that this one has started. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return (
          parent === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('process/child')
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 30_000) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
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
    await until(() => log.some((line) => line.includes('could not be started')), 'a start fails');
    expect(model.info.state).toBe('restarting');
    process.execPath = execPath;
    await until(() => model.info.state === 'ready', 'it is back');
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
});
