import { beforeEach, describe, expect, it } from 'vitest';
import type { ModelStats } from '../backend.ts';
import type { RequestEntry } from '../http/observer.ts';
import { MODEL, ScriptedBackend } from '../http/testing.ts';
import { createLog } from './log.ts';
import { createObserver } from './observer.ts';

let lines: Record<string, unknown>[];
let now: number;
beforeEach(() => {
  lines = [];
  now = 0;
});

function observer() {
  const write = (text: string): void => void lines.push(JSON.parse(text) as Record<string, unknown>);
  return createObserver({
    log: createLog({ write }, 'debug', true),
    models: ['r1-tiny'],
    version: '1.2.3',
    now: () => now,
  });
}

function entry(more: Partial<RequestEntry> = {}): RequestEntry {
  return {
    id: 'id-1',
    method: 'POST',
    route: '/v1/chat/completions',
    status: 200,
    seconds: 2.5004,
    key: 'team',
    model: 'r1-tiny',
    aborted: false,
    promptTokens: 10,
    completionTokens: 21,
    reasoningTokens: 15,
    firstTokenSeconds: 0.5,
    ...more,
  };
}

const STATS: ModelStats = {
  model: 'r1-tiny',
  running: 2,
  waiting: 1,
  cacheBlocksUsed: 3,
  cacheBlocksTotal: 8,
  promptTokens: 100,
  cachedTokens: 40,
  generatedTokens: 50,
  steps: 60,
  promptPasses: 0,
  graphsRecorded: 0,
  preemptions: 0,
  restarts: 1,
  residentBytes: 1e6,
};

class CountedBackend extends ScriptedBackend {
  current: readonly ModelStats[] = [STATS];

  override stats(): readonly ModelStats[] {
    return this.current;
  }
}

const backend = new CountedBackend([]);

/** The value of one series in the text of `/metrics`. */
function seriesOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? Number.NaN);
}

describe('the log of requests', () => {
  it('has a line for each, with rounded seconds', () => {
    observer().request(entry());
    const { time: _time, ...record } = lines[0]!;
    expect(record).toEqual({
      level: 'info',
      msg: 'request',
      id: 'id-1',
      method: 'POST',
      route: '/v1/chat/completions',
      status: 200,
      seconds: 2.5,
      key: 'team',
      model: 'r1-tiny',
      promptTokens: 10,
      completionTokens: 21,
      reasoningTokens: 15,
      firstTokenSeconds: 0.5,
    });
  });

  it.each([
    [{ status: 500 }, 'error'],
    [{ status: 400 }, 'warn'],
    [{ status: 503 }, 'warn'],
    [{ status: 499, aborted: true }, 'info'],
    [{ route: '/health' }, 'debug'],
    [{ route: '/health', status: 503 }, 'warn'],
  ])('%j is of level %s', (more, level) => {
    observer().request(entry(more));
    expect(lines[0]!.level).toBe(level);
  });

  it('names fields one by one: what else an entry holds stays out, and so do made-up models', () => {
    const more = { prompt: 'my secret', headers: { authorization: 'Bearer sk-aha-secret' } };
    observer().request({ ...entry({ model: 'a secret of a client' }), ...more });
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect(lines[0]!.model).toBe('other');
  });

  it('is not filled by requests without a key, which are counted instead', () => {
    const watching = observer();
    const refused = entry({ status: 401, key: null, model: null });
    for (let i = 0; i < 1000; i++) watching.request(refused);
    expect(lines).toHaveLength(60);
    watching.request(entry());
    expect(lines).toHaveLength(61);
    now = 60_000;
    watching.request(refused);
    expect(lines.slice(61)).toMatchObject([{ level: 'warn', requests: 940 }, { status: 401 }]);
  });
});

describe('the log of errors', () => {
  it('has kind, message and stack under the request’s id, and no secret', () => {
    observer().error('id-7', new RangeError('bad key sk-aha-0123456789'));
    expect(lines[0]).toMatchObject({
      level: 'error',
      id: 'id-7',
      err: { type: 'RangeError', message: 'bad key [key]', stack: expect.stringContaining('at ') },
    });
  });
});

describe('metrics', () => {
  it('count requests, times and tokens', async () => {
    const watching = observer();
    watching.request(entry());
    watching.request(entry({ seconds: 4.5, aborted: true }));
    watching.request(entry({ status: 400, completionTokens: 0 }));
    watching.error('id', new Error('x'));
    const { body, contentType } = await watching.metrics(backend);
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const route = 'route="/v1/chat/completions"';
    const expected = {
      [`aha_http_requests_total{${route},status="200"}`]: 2,
      [`aha_http_requests_total{${route},status="400"}`]: 1,
      [`aha_http_requests_aborted_total{${route}}`]: 1,
      [`aha_http_request_duration_seconds_count{${route}}`]: 3,
      'aha_time_to_first_token_seconds_sum{model="r1-tiny"}': 1.5,
      // (2.5004 − 0.5) / 20 and (4.5 − 0.5) / 20; a reply without tokens has no pace.
      'aha_time_per_output_token_seconds_count{model="r1-tiny"}': 2,
      'aha_time_per_output_token_seconds_sum{model="r1-tiny"}': 0.30002,
      'aha_prompt_tokens_total{model="r1-tiny"}': 30,
      'aha_completion_tokens_total{model="r1-tiny"}': 42,
      'aha_reasoning_tokens_total{model="r1-tiny"}': 45,
      aha_errors_total: 1,
      'aha_build_info{version="1.2.3"}': 1,
    };
    for (const [series, value] of Object.entries(expected))
      expect([series, seriesOf(body, series)]).toEqual([series, expect.closeTo(value, 9)]);
    expect(seriesOf(body, 'aha_process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('take the figures of the models over as they are now', async () => {
    const watching = observer();
    const changing = new CountedBackend([], [MODEL, { ...MODEL, id: 'second', state: 'restarting' }]);
    await watching.metrics(changing);
    changing.current = [{ ...STATS, running: 0, generatedTokens: 75 }];
    const { body } = await watching.metrics(changing);
    const of = (name: string, model = 'r1-tiny') => seriesOf(body, `${name}{model="${model}"}`);
    expect(of('aha_replies_running')).toBe(0);
    expect(of('aha_replies_waiting')).toBe(1);
    expect([of('aha_cache_blocks_used'), of('aha_cache_blocks')]).toEqual([3, 8]);
    expect(of('aha_engine_generated_tokens_total')).toBe(75);
    expect(of('aha_model_restarts_total')).toBe(1);
    expect([of('aha_model_ready'), of('aha_model_ready', 'second')]).toEqual([1, 0]);
  });

  it('have as many series however many models and keys clients make up', async () => {
    const watching = observer();
    const count = async () => (await watching.metrics(backend)).body.split('\n').length;
    watching.request(entry({ model: 'made-up' }));
    const before = await count();
    for (let i = 0; i < 500; i++)
      watching.request(entry({ model: `made-up-${i}`, key: `k${i}`, id: `${i}` }));
    expect(await count()).toBe(before);
  });

  it('are all described and all under aha_', async () => {
    const { body } = await observer().metrics(backend);
    const names = [...body.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(25);
    for (const name of names) expect(name).toMatch(/^aha_/);
  });
});
