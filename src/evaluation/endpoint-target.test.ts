import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Prompt } from '../records.ts';
import { createEndpoint } from '../remote/index.ts';
import { completion, fakeEndpoint, type Handler, json } from '../remote/testing.ts';
import { endpointTarget } from './endpoint-target.ts';
import { type EvaluationPlan, evaluateInto } from './evaluation.ts';
import { openVerifier } from './grader.ts';
import type { SampleLine } from './samples.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-endpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const prompts: Prompt[] = Array.from({ length: 5 }, (_, i) => ({
  id: `sum/${i}`,
  task: 'sum',
  text: `what is ${i} + 1 ?`,
  answer: String(i + 1),
}));
/** A model that adds, and is wrong by one with odd seeds: its reply is a function of the request. */
const adds: Handler = (response, seen) => {
  const [{ content }] = seen.body.messages as [{ content: string }];
  const sum = Number(/\d+/.exec(content)![0]) + 1 + (Number(seen.body.seed) % 2);
  json(completion({ reasoning_content: 'one more', content: `it is ${sum}` }))(response, seen);
};

const warnings: string[] = [];

function plan(
  url: string,
  dir: string,
  more: { limit?: number; samples?: number; temperature?: number } = {},
): EvaluationPlan {
  const { limit, samples = 4, temperature = 0.6 } = more;
  const endpoint = createEndpoint({
    baseUrl: url,
    model: 'adder',
    concurrency: 3,
    backoffMs: 1,
    retries: 1,
    limit: limit === undefined ? null : { maxTokens: limit },
  });
  return {
    dir: path.join(root, dir),
    name: 'sum',
    title: 'Sums',
    verifier: 'exact',
    draws: [{ kind: 'sampled', prompts, samples, grader: openVerifier('exact') }],
    target: endpointTarget(endpoint, { temperature, topP: 0.95, maxTokens: 50 }),
    seed: 7,
    signal: new AbortController().signal,
    warn: (_, text) => void warnings.push(text),
  };
}

const linesOf = (dir: string) =>
  readFileSync(path.join(root, dir, 'samples.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SampleLine);

describe('an endpoint evaluated', () => {
  it('gets the paper’s protocol: the question alone, a seed for each sample', async () => {
    await using server = await fakeEndpoint(adds);
    const { responses } = await evaluateInto(plan(server.url, 'whole'));
    expect(server.seen).toHaveLength(20);
    expect(server.seen[0]!.body).toMatchObject({
      messages: [{ role: 'user', content: prompts[0]!.text }],
      temperature: 0.6,
      top_p: 0.95,
      max_tokens: 50,
    });
    expect(new Set(server.seen.map(({ body }) => body.seed)).size).toBe(20);
    expect(responses.sampled?.map((problem) => problem.length)).toEqual([4, 4, 4, 4, 4]);
    const [line] = linesOf('whole');
    expect(line).toMatchObject({ formatted: true, finish: 'stop', length: 20, reference: '1' });
    expect(line!.text).toMatch(/^<think>\none more\n<\/think>\n\nit is [12]$/);
  });

  it.each([
    [['Q:', '</s>'], ['Q:']],
    [['</s>', '<|im_end|>'], undefined],
  ])('of the stops %j asks for %j: control tokens are no text of a reply', async (stops, asked) => {
    await using server = await fakeEndpoint(adds);
    const whole = plan(server.url, `stops-${stops.length}-${asked?.length ?? 0}`);
    await evaluateInto({ ...whole, draws: whole.draws.map((draw) => ({ ...draw, stops })) });
    expect(server.seen[0]!.body.stop).toEqual(asked);
    expect('stop' in server.seen[0]!.body).toBe(asked !== undefined);
  });

  it('goes on where a spend limit stopped it, to the same result', async () => {
    await using server = await fakeEndpoint(adds);
    const whole = await evaluateInto(plan(server.url, 'reference'));
    const before = server.seen.length;
    await expect(evaluateInto(plan(server.url, 'stopped', { limit: 400 }))).rejects.toThrow(
      /spend limit of 400 tokens/,
    );
    const kept = linesOf('stopped').length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBe(server.seen.length - before);
    // As a kill in the middle of a write leaves it.
    const file = path.join(root, 'stopped', 'samples.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -7));
    const resumed = await evaluateInto(plan(server.url, 'stopped'));
    expect(resumed.responses).toEqual(whole.responses);
    expect(server.seen.length - before).toBe(21);
  });

  it('samples damaged responses again, to the same result, and says so', async () => {
    await using server = await fakeEndpoint(adds);
    const whole = await evaluateInto(plan(server.url, 'damaged'));
    const file = path.join(root, 'damaged', 'samples.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[3] = lines[3]!.slice(0, 40);
    lines[5] = JSON.stringify({ ...JSON.parse(lines[5]!), correct: 'yes' });
    writeFileSync(file, lines.join('\n'));
    warnings.length = 0;
    const mended = await evaluateInto(plan(server.url, 'damaged'));
    expect(mended.responses).toEqual(whole.responses);
    expect(server.seen).toHaveLength(22);
    expect(warnings).toEqual([
      `${file}:4: not JSON (and 1 more damaged lines); left out, and the file as it was kept as ${file}.damaged; ` +
        'these responses are sampled again',
    ]);
  });

  it('does not go on where its settings are damaged, and says what to do', async () => {
    await using server = await fakeEndpoint(adds);
    await evaluateInto(plan(server.url, 'unset'));
    const file = path.join(root, 'unset', 'settings.json');
    for (const text of ['{"samples": 4', '[]', '{}']) {
      writeFileSync(file, text);
      await expect(evaluateInto(plan(server.url, 'unset'))).rejects.toThrow(
        /settings.json: damaged .*\n.*delete/,
      );
    }
    rmSync(file);
    await evaluateInto(plan(server.url, 'unset'));
    expect(server.seen).toHaveLength(20);
  });

  it('keeps what came before an endpoint broke down', async () => {
    await using server = await fakeEndpoint(
      adds,
      adds,
      adds,
      adds,
      json({ error: { message: 'no balance' } }, 402),
    );
    await expect(evaluateInto(plan(server.url, 'broke'))).rejects.toThrow(/402: no balance/);
    expect(linesOf('broke')).toHaveLength(4);
  });

  it('refuses to go on with other settings, naming them', async () => {
    await using server = await fakeEndpoint(adds);
    await evaluateInto(plan(server.url, 'mixed', { samples: 1 }));
    await expect(evaluateInto(plan(server.url, 'mixed', { samples: 2, temperature: 1 }))).rejects.toThrow(
      /samples: 1, now 2\n.*temperature: 0.6, now 1/,
    );
    expect(linesOf('mixed')).toHaveLength(5);
  });

  it('asks nothing again when everything is there', async () => {
    await using server = await fakeEndpoint(adds);
    const first = await evaluateInto(plan(server.url, 'again', { samples: 2 }));
    const second = await evaluateInto(plan(server.url, 'again', { samples: 2 }));
    expect(second).toEqual(first);
    expect(server.seen).toHaveLength(10);
  });
});
