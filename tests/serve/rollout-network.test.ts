/** A rollout server behind a network that is cut: nothing tells the trainer, packets go nowhere. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sample } from '../../src/inference/engine/index.ts';
import { loadModel, saveModel } from '../../src/models/index.ts';
import { Fleet, policySchema } from '../../src/rl/rollout/index.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';
import { startWorker, type Worker } from './rollout-worker.ts';

/** Names of the namespace and of its two ends; an address block that documentation has for itself (RFC 5737). */
const SPACE = 'aha-rollout';
const OUTER = 'aha-outer';
const INNER = 'aha-inner';
const HERE = '198.51.100.1';
const THERE = '198.51.100.2';
const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });

function whyNot(): string | null {
  if (!LONG) return 'npm run test:long runs it';
  const made = spawnSync('ip', ['link', 'add', OUTER, 'type', 'veth', 'peer', 'name', INNER]);
  if (made.status !== 0) return 'ip may add no network interface here: it needs root, iproute2 and veth';
  ip('link', 'del', OUTER);
  return null;
}

const network = requirement(whyNot());

describe.skipIf(network.missing)(`a rollout server in a network namespace${network.note}`, () => {
  const root = mkdtempSync(path.join(tmpdir(), 'aha-rollout-network-'));
  const weightsDir = path.join(root, 'weights');
  const key = 'sk-rollouts-0123456789';
  let workers: Worker[] = [];
  let checkpoint: string;

  beforeAll(async () => {
    mkdirSync(weightsDir);
    checkpoint = await writeTinyCheckpoint(path.join(root, 'base'));
    ip('netns', 'add', SPACE);
    ip('link', 'add', OUTER, 'type', 'veth', 'peer', 'name', INNER, 'netns', SPACE);
    ip('addr', 'add', `${HERE}/30`, 'dev', OUTER);
    ip('link', 'set', OUTER, 'up');
    ip('-n', SPACE, 'addr', 'add', `${THERE}/30`, 'dev', INNER);
    ip('-n', SPACE, 'link', 'set', INNER, 'up');
    const env = { AHA_API_KEY: key };
    const inside = ['ip', 'netns', 'exec', SPACE];
    workers = [
      await startWorker(checkpoint, weightsDir, { host: THERE, inside, env }),
      await startWorker(checkpoint, weightsDir, { env }),
    ];
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
    ip('netns', 'del', SPACE);
    rmSync(root, { recursive: true, force: true });
  });

  it('is replaced while the network is cut, and returns after', async () => {
    const model = loadModel(checkpoint, { device: 'cpu', dtype: 'float32' });
    const prompts = [Int32Array.of(5, 6, 7), Int32Array.of(8, 9)];
    const options = { temperature: 1, groupSize: 40, maxTokens: 60, stopTokens: [], seed: 3 };
    const expected = sample(model, prompts, options).map((group) => group.map(({ tokens }) => tokens));
    const told: string[] = [];
    const servers = workers.map(({ url }) => ({ url, kind: 'aha', apiKeyEnv: 'KEY', concurrency: 8 }));
    const fleet = new Fleet(policySchema.parse({ servers, weightsDir, probeSeconds: 0.5 }), {
      weightsDir,
      vocabSize: TINY_CONFIG.vocab_size,
      steps: () => 0,
      save: (dir) => saveModel(model, dir, { tokenizerFrom: checkpoint }),
      signal: new AbortController().signal,
      note: (text) => told.push(text),
      warn: (_, text) => told.push(text),
      env: { KEY: key },
    });
    const draw = async () =>
      (await fleet.sample(prompts, options, () => undefined)).map((group) =>
        group.map(({ tokens }) => tokens),
      );
    expect(await draw()).toEqual(expected);

    const cut = draw();
    ip('-n', SPACE, 'link', 'set', INNER, 'down');
    expect(await cut).toEqual(expected);
    expect(told).toEqual([expect.stringContaining(`rollout server ${workers[0]!.url}`)]);

    ip('-n', SPACE, 'link', 'set', INNER, 'up');
    await eventually(async () => {
      expect(await draw()).toEqual(expected);
      expect(told.at(-1)).toBe(`rollout server ${workers[0]!.url} is back`);
    });
    fleet.dispose();
    model.dispose();
  });
});
