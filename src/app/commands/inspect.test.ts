import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import { writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { commitOf, modelRepo, TestHub } from '../../remote/hub/testing.ts';
import { aha } from '../cli/testing.ts';
import type { Inspection } from './inspect.ts';

let home: string;
let dir: string;
beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'inspect-'));
  dir = await writeTinyCheckpoint(path.join(home, 'tiny'));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(home, { recursive: true }));

async function inspected(...argv: string[]): Promise<Inspection> {
  const { code, stdout, stderr } = await aha('inspect', ...argv, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Inspection;
}

/** Embedding and head, each layer's attention, feed-forward and norms, and the last norm. */
const PARAMETERS = 2 * 96 * 32 + 2 * (2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 48 + 2 * 32) + 32;

describe('aha inspect', () => {
  it('gives the size, the tensors of the files and the memory', async () => {
    const found = await inspected(dir, '--batch', '2', '--context', '64');
    expect(found).toMatchObject({
      architecture: 'llama',
      className: 'LlamaForCausalLM',
      layers: 2,
      positions: 128,
      parameters: PARAMETERS,
      active: PARAMETERS - 96 * 32,
      stored: [{ type: 'float32', tensors: 2 + 1 + 2 * 9, bytes: 4 * PARAMETERS }],
      cacheBytesPerToken: { bf16: 2 * 2 * 16 * 2, fp32: 2 * 2 * 16 * 4 },
      stateBytesPerRow: { bf16: 0, fp32: 0 },
      memory: { rows: 2, length: 64, recompute: false },
    });
    const byWeights = await inspected(path.join(dir, 'model.safetensors'), '--batch', '2', '--context', '64');
    expect({ ...byWeights, checkpoint: dir }).toEqual(found);
    expect(found.parts.map(({ part }) => part)).toEqual([
      'embedding',
      'attention',
      'feed-forward',
      'norms',
      'head',
    ]);
  });

  it('prints tables for people', async () => {
    const { stdout } = await aha('inspect', dir, '--device', 'cpu');
    expect(stdout).toContain(`${dir}: llama (LlamaForCausalLM)`);
    expect(stdout).toMatch(/^attention +8 +6,144 +6,144$/m);
    // The model reads 128 tokens, fewer than the default.
    expect(stdout).toContain('Memory of 8 rows of 128 tokens in one micro-batch on cpu:');
    expect(stdout).toMatch(/^serve( +\d+ MiB){4}$/m);
    expect(stdout).toMatch(/^rl with LoRA over nf4( +\d+ MiB){2}$/m);
  });

  it('needs no weights: a config.json is enough', async () => {
    const alone = path.join(mkdtempSync(path.join(home, 'alone-')), 'config.json');
    copyFileSync(path.join(dir, 'config.json'), alone);
    const found = await inspected(alone);
    expect(found).toMatchObject({ parameters: PARAMETERS, stored: null });
  });

  it('names the type that a GGUF file has', async () => {
    const checkpoint = await writeByteCheckpoint(path.join(home, 'bytes'));
    const file = path.join(home, 'bytes.gguf');
    expect((await aha('convert', checkpoint, file, '--type', 'q8_0')).code).toBe(0);
    const [folder, stored] = [await inspected(checkpoint), await inspected(file)];
    expect(stored.parts).toEqual(folder.parts);
    expect(stored.stored!.map(({ type }) => type)).toContain('q8_0');
    const count = ({ stored: types }: Inspection) => types!.reduce((sum, { tensors }) => sum + tensors, 0);
    expect(count(stored)).toBe(count(folder));
  });

  it('downloads of a model on the hub its configuration alone', async () => {
    const repo = modelRepo('org/tiny');
    const config = { content: readFileSync(path.join(dir, 'config.json')) };
    const commits = { [commitOf('a')]: { ...repo.commits[commitOf('a')], 'config.json': config } };
    const hub = await TestHub.start([{ ...repo, commits }]);
    vi.stubEnv('HF_HOME', home);
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    vi.stubEnv('HF_HUB_OFFLINE', '');
    const found = await inspected('hf:org/tiny');
    hub.close();
    const checkpoint = `hf:org/tiny@${commitOf('a')}`;
    expect(found).toMatchObject({ checkpoint, parameters: PARAMETERS, stored: null });
    const snapshot = path.join(home, 'hub/models--org--tiny/snapshots', commitOf('a'));
    expect(readdirSync(snapshot)).toEqual(['config.json']);
  });

  it.each([
    [[], 'no checkpoint'],
    [['--context', '129'], '--context 129: the model reads 128 tokens'],
    [['--batch', '0'], 'Expected a whole number from 1.'],
  ])('ends with status 2 and says why: %o', async (argv, message) => {
    const where = argv.length === 0 ? path.join(home, 'nowhere') : dir;
    const { code, stderr } = await aha('inspect', where, ...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
