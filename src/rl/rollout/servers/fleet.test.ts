/** Servers that answer, die, hang, return and answer nonsense, over vLLM's and SGLang's wire. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/support/eventually.ts';
import { Random } from '../../../random.ts';
import { Fleet } from './fleet.ts';
import { policySchema } from './settings.ts';
import { type FakeServer, FakeSglang, FakeVllm, responseTo, STOP } from './testing.ts';

const PROMPTS = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5)];
const OPTIONS = {
  temperature: 1,
  topP: 0.9,
  topK: 5,
  groupSize: 20,
  maxTokens: 8,
  stopTokens: [STOP],
  seed: 11,
};
/** Quick to lose patience: tests wait for it. */
const QUICK = { probeSeconds: 0.2, waitMinutes: 1 / 60, responseMinutes: 1 / 30 };

const started: FakeServer[] = [];
const fleets: Fleet[] = [];
afterEach(() => {
  for (const fleet of fleets.splice(0)) fleet.dispose();
  for (const server of started.splice(0)) server.kill();
});

async function servers<const Fakes extends readonly FakeServer[]>(...fakes: Fakes): Promise<Fakes> {
  for (const fake of fakes) started.push(await fake.start());
  return fakes;
}

/** A fleet of these servers, of a policy whose checkpoint is a file. */
function fleetOf(fakes: readonly FakeServer[], settings: object = {}, server: object = {}) {
  const weightsDir = mkdtempSync(path.join(tmpdir(), 'aha-fleet-'));
  const learner = { steps: 0 };
  const told: string[] = [];
  const abort = new AbortController();
  const list = fakes.map((fake) => ({
    url: fake.url,
    kind: fake instanceof FakeVllm ? 'vllm' : 'sglang',
    concurrency: 4,
    ...server,
  }));
  const fleet = new Fleet(policySchema.parse({ servers: list, ...QUICK, ...settings }), {
    weightsDir,
    vocabSize: 50,
    steps: () => learner.steps,
    save: async (dir) => {
      mkdirSync(dir);
      writeFileSync(path.join(dir, 'weights'), String(learner.steps));
    },
    signal: abort.signal,
    note: (text) => told.push(text),
    warn: (_, text) => told.push(`warning: ${text}`),
    env: { KEY: 'sk-1' },
  });
  fleets.push(fleet);
  return { fleet, learner, told, weightsDir, abort };
}

/** Samples, and says how often each prompt was handed over. */
async function sample(fleet: Fleet, options = OPTIONS) {
  const handed: number[] = [];
  const groups = await fleet.sample(PROMPTS, options, (prompt) => handed.push(prompt));
  return {
    handed: handed.toSorted((a, b) => a - b),
    groups: groups.map((group) => group.map(({ tokens }) => [...tokens])),
  };
}

/** What every fleet of these servers has to give: by prompt and place alone. */
const EXPECTED = PROMPTS.map((_, prompt) =>
  Array.from({ length: OPTIONS.groupSize }, (__, i) => {
    const seed = Random.derive(OPTIONS.seed, prompt, i).int(0, 2 ** 31 - 1);
    return responseTo(seed, OPTIONS.maxTokens).tokens;
  }),
);

describe('Fleet', () => {
  it('asks vLLM in token ids, with every setting, and gives it weights through its folder', async () => {
    const [vllm] = await servers(new FakeVllm());
    const { fleet, weightsDir } = fleetOf([vllm], {}, { model: 'policy', apiKeyEnv: 'KEY' });
    const groups = await fleet.sample(PROMPTS, OPTIONS, () => undefined);
    const [version] = readdirSync(weightsDir);
    expect(vllm.requests.map((one) => one.path).slice(0, 7)).toEqual([
      '/health',
      '/weight_info',
      '/pause?mode=wait',
      '/collective_rpc',
      '/reset_prefix_cache',
      '/update_weight_version',
      '/resume',
    ]);
    expect(vllm).toMatchObject({ folder: path.join(weightsDir, version!), version, paused: false });
    const first = vllm.requests.find((one) => one.path === '/v1/completions')!;
    expect(first).toEqual({
      path: '/v1/completions',
      key: 'Bearer sk-1',
      body: {
        model: 'policy',
        prompt: [1, 2, 3],
        n: 1,
        temperature: 1,
        top_p: 0.9,
        top_k: 5,
        min_p: 0,
        repetition_penalty: 1,
        presence_penalty: 0,
        frequency_penalty: 0,
        seed: Random.derive(11, 0, 0).int(0, 2 ** 31 - 1),
        max_tokens: 8,
        stop_token_ids: [STOP],
        ignore_eos: true,
        logprobs: 0,
        return_token_ids: true,
        stream: false,
      },
    });
    const { tokens, logprobs } = responseTo((first.body as { seed: number }).seed, 8);
    expect(groups[0]![0]).toEqual({
      tokens: Int32Array.from(tokens),
      logprobs: Float32Array.from(logprobs),
      finish: tokens.at(-1) === STOP ? 'stop' : 'length',
    });
  });

  it('works with a vLLM that does not tell the version of its weights', async () => {
    const [vllm] = await servers(new FakeVllm());
    vllm.tellsVersion = false;
    expect((await sample(fleetOf([vllm]).fleet)).groups).toEqual(EXPECTED);
  });

  it('asks SGLang in token ids and reads them from its log-probabilities', async () => {
    const [sglang] = await servers(new FakeSglang());
    const { fleet, weightsDir } = fleetOf([sglang]);
    expect((await sample(fleet)).groups).toEqual(EXPECTED);
    const [version] = readdirSync(weightsDir);
    expect(sglang.requests[1]).toMatchObject({
      path: '/update_weights_from_disk',
      body: { model_path: path.join(weightsDir, version!), weight_version: version, flush_cache: true },
    });
    expect(sglang.requests[2]!.body).toEqual({
      input_ids: [1, 2, 3],
      sampling_params: {
        temperature: 1,
        top_p: 0.9,
        top_k: 5,
        min_p: 0,
        repetition_penalty: 1,
        max_new_tokens: 8,
        stop_token_ids: [STOP],
        ignore_eos: false,
        sampling_seed: Random.derive(11, 0, 0).int(0, 2 ** 31 - 1),
      },
      return_logprob: true,
      stream: false,
    });
  });

  it('gives the same whichever servers answer, each group once', async () => {
    const fakes = await servers(new FakeVllm(), new FakeSglang(), new FakeSglang());
    const { fleet, told } = fleetOf(fakes);
    const { groups, handed } = await sample(fleet);
    expect(groups).toEqual(EXPECTED);
    expect(handed).toEqual([0, 1]);
    expect(told).toEqual([]);
    for (const { sampled } of fakes) expect(sampled).toBeGreaterThan(0);
    expect(fakes.reduce((sum, { sampled }) => sum + sampled, 0)).toBe(40);
    expect(fleet.takeMetrics()).toMatchObject({
      'rollout_servers/up': 3,
      'rollout_servers/asked_again_ratio': 0,
    });
  });

  it('writes new weights where the policy has moved, and keeps two versions', async () => {
    const [sglang] = await servers(new FakeSglang());
    const { fleet, learner, weightsDir } = fleetOf([sglang], {}, { weightsDir: '/seen/elsewhere' });
    const updates = () => sglang.requests.filter((one) => one.path === '/update_weights_from_disk').length;
    await sample(fleet);
    await sample(fleet);
    expect(updates()).toBe(1);
    for (const steps of [1, 2]) {
      learner.steps = steps;
      await sample(fleet);
    }
    expect(updates()).toBe(3);
    expect(readdirSync(weightsDir).map((name) => name.slice(0, 11))).toEqual(['step-000001', 'step-000002']);
    expect(sglang.folder).toBe(`/seen/elsewhere/${readdirSync(weightsDir)[1]}`);
    fleet.dispose();
    expect(readdirSync(weightsDir)).toEqual([]);
  });

  it('loses nothing and counts nothing twice when a server dies and returns', async () => {
    const [dying, steady] = await servers(new FakeSglang(), new FakeVllm());
    const { fleet, told, learner } = fleetOf([dying, steady]);
    // Its fifth request is never answered: the process is killed with four others under way.
    dying.trouble = (_, reply) => {
      if (dying.sampled < 5) return reply;
      dying.kill();
      return null;
    };
    steady.trouble = async (_, reply) => {
      await sleep(20);
      return reply;
    };
    const { groups, handed } = await sample(fleet);
    expect({ groups, handed }).toEqual({ groups: EXPECTED, handed: [0, 1] });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`warning: rollout server ${dying.url}`);
    expect(told[0]).toContain('taken out until it is healthy');
    expect(fleet.takeMetrics()['rollout_servers/up']).toBe(1);

    learner.steps = 1;
    dying.trouble = (_, reply) => reply;
    await dying.start();
    const before = dying.requests.length;
    await eventually(async () => {
      await sample(fleet);
      expect(dying.sampled).toBeGreaterThan(5);
    });
    expect(told[1]).toBe(`rollout server ${dying.url} is back`);
    // The current weights came before the first request.
    const paths = dying.requests.slice(before).map((one) => one.path);
    expect(paths.indexOf('/update_weights_from_disk')).toBeLessThan(paths.indexOf('/generate'));
    expect(dying.version).toMatch(/^step-000001-/);
  });

  it('takes out a server that hangs, by its health', async () => {
    const [hanging, steady] = await servers(new FakeSglang(), new FakeSglang());
    hanging.trouble = (_, reply) => (hanging.sampled < 3 ? reply : new Promise(() => undefined));
    const { fleet, told } = fleetOf([hanging, steady], { responseMinutes: 10 });
    expect((await sample(fleet)).groups).toEqual(EXPECTED);
    expect(told).toEqual([
      `warning: rollout server ${hanging.url}: no whole reply within 0.2 s: taken out until it is healthy`,
    ]);
  });

  it('takes out a server whose health is good and that never answers', async () => {
    const [hanging, steady] = await servers(new FakeSglang(), new FakeSglang());
    hanging.trouble = (at, reply) => (at === '/generate' ? new Promise(() => undefined) : reply);
    const { fleet, told } = fleetOf([hanging, steady], { responseMinutes: 1 / 120 });
    expect((await sample(fleet)).groups).toEqual(EXPECTED);
    expect(told[0]).toContain('no whole reply within 0.5 s');
  });

  it('waits where a server takes no more for now', async () => {
    const [busy] = await servers(new FakeSglang());
    let refused = 0;
    busy.trouble = (at, reply) =>
      at === '/generate' && refused++ < 2 ? { status: 429, body: { message: 'queue full' } } : reply;
    const { fleet, told } = fleetOf([busy], { waitMinutes: 1 });
    expect((await sample(fleet)).groups).toEqual(EXPECTED);
    expect(told).toEqual([]);
  });

  const meta = (change: (info: Record<string, unknown>) => object) => (body: unknown) => {
    const { meta_info: info } = body as { meta_info: Record<string, unknown> };
    return { ...(body as object), meta_info: { ...info, ...change(info) } };
  };
  it.each([
    ['an unknown token', meta(() => ({ output_token_logprobs: [[-1, 50, null]] })), '50 is no token id'],
    ['no tokens', meta(() => ({ output_token_logprobs: [] })), '0 tokens, where 1 to 8 were asked for'],
    ['too many', meta(() => ({ output_token_logprobs: Array(9).fill([-1, 8, null]) })), '9 tokens'],
    ['a probability above 1', meta(() => ({ output_token_logprobs: [[0.5, STOP, null]] })), '0.5 is no log'],
    ['null in its place', meta(() => ({ output_token_logprobs: [[null, STOP, null]] })), 'null is no log'],
    [
      'an end that is none',
      meta(() => ({ finish_reason: { type: 'stop' }, output_token_logprobs: [[-1, 8, null]] })),
      'without one of its stop tokens',
    ],
    [
      'a short context',
      meta(() => ({ finish_reason: { type: 'length' }, output_token_logprobs: [[-1, 8, null]] })),
      'context is too short',
    ],
    [
      'an abort',
      meta(() => ({ finish_reason: { type: 'abort', message: 'gone' } })),
      'ended by {"type":"abort","message":"gone"}',
    ],
    ['other weights', meta(() => ({ weight_version: 'default' })), 'sampled by weights "default"'],
    ['another language', () => ({ choices: [] }), 'ended by null'],
    ['an error in its place', () => ({ error: { message: 'CUDA out of memory' } }), 'CUDA out of memory'],
  ])('takes out a server that answers nonsense: %s', async (_, change, why) => {
    const [strange, steady] = await servers(new FakeSglang(), new FakeVllm());
    strange.trouble = (at, reply) => (at === '/generate' ? { ...reply, body: change(reply.body) } : reply);
    const { fleet, told } = fleetOf([strange, steady]);
    expect((await sample(fleet)).groups).toEqual(EXPECTED);
    expect(told.join('\n')).toContain(why);
  });

  it('ends with a named error when no server answers for too long', async () => {
    const fakes = await servers(new FakeSglang(), new FakeVllm());
    const { fleet } = fleetOf(fakes, { waitMinutes: 1 / 120 });
    for (const fake of fakes) fake.kill();
    await expect(sample(fleet)).rejects.toMatchObject({
      name: 'RolloutServersError',
      message: expect.stringMatching(
        /^no rollout server has answered for .* minutes\n {4}http:.*ECONNREFUSED.*\n {4}http:[\s\S]*--resume/,
      ),
    });
  });

  it('ends at once when no server has room for the longest response', async () => {
    const [short] = await servers(new FakeSglang());
    const cut = meta(() => ({ finish_reason: { type: 'length' }, output_token_logprobs: [[-1, 8, null]] }));
    short.trouble = (at, reply) => (at === '/generate' ? { ...reply, body: cut(reply.body) } : reply);
    await expect(sample(fleetOf([short], { waitMinutes: 60 }).fleet)).rejects.toThrow(
      /every rollout server refuses[\s\S]*cut at 1 of 8 tokens[\s\S]*--max-model-len/,
    );
  });

  it('ends at once when every server refuses', async () => {
    const [vllm] = await servers(new FakeVllm());
    vllm.trouble = (at, reply) =>
      at === '/collective_rpc' ? { status: 404, body: { detail: 'Not Found' } } : reply;
    const { fleet } = fleetOf([vllm], { waitMinutes: 60 });
    await expect(sample(fleet)).rejects.toThrow('every rollout server refuses what it is asked');
  });

  it('waits for no server once the run is interrupted', async () => {
    const [vllm] = await servers(new FakeVllm());
    vllm.kill();
    const { fleet, abort } = fleetOf([vllm], { waitMinutes: 60 });
    const reason = new Error('interrupted');
    abort.abort(reason);
    await expect(sample(fleet)).rejects.toBe(reason);
  });

  it('survives a connection that the server closed while the trainer was busy', async () => {
    const [sglang] = await servers(new FakeSglang());
    const { fleet, told } = fleetOf([sglang]);
    await sample(fleet);
    // The same process with all its connections closed, as by its keep-alive limit.
    sglang.kill();
    const { version } = sglang;
    await sglang.start();
    sglang.version = version;
    expect((await sample(fleet)).groups).toEqual(EXPECTED);
    expect(told).toEqual([]);
  });

  it('ends the draw with what its reader throws', async () => {
    const [sglang] = await servers(new FakeSglang());
    const { fleet } = fleetOf([sglang]);
    const broken = (): never => {
      throw new TypeError('a fault of the reader');
    };
    await expect(fleet.sample(PROMPTS, OPTIONS, broken)).rejects.toThrow('a fault of the reader');
  });

  it('leaves folders of others alone', async () => {
    const [sglang] = await servers(new FakeSglang());
    const { fleet, weightsDir } = fleetOf([sglang]);
    for (const name of ['mine', 'step-000009-0011aabb']) mkdirSync(path.join(weightsDir, name));
    await sample(fleet);
    expect(existsSync(path.join(weightsDir, 'mine'))).toBe(true);
    expect(existsSync(path.join(weightsDir, 'step-000009-0011aabb'))).toBe(false);
  });

  it('refuses a key that is not there, and an address that is none', () => {
    const settings = (server: object) =>
      policySchema.parse({ servers: [{ kind: 'aha', url: 'http://x', ...server }] });
    const options = {
      weightsDir: '/x',
      vocabSize: 5,
      steps: () => 0,
      save: async () => undefined,
      signal: AbortSignal.abort(),
      note: () => undefined,
      warn: () => undefined,
      env: {},
    };
    expect(() => new Fleet(settings({ apiKeyEnv: 'NONE' }), options)).toThrow('NONE is not set');
    expect(() => new Fleet(settings({ url: 'gpu1' }), options)).toThrow('"gpu1" is no address');
  });
});
