/**
 * A run that is interrupted, packed in chunks, unpacked in another folder without the files it began with, and gone on
 * with: the same bits as a run that nothing interrupted.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { readArtifact } from '../../src/run/artifact.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'aha-bundle-run-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: string[]) => path.join(root, ...names);

/** Bytes of a chunk. */
const CHUNK = 200_000;
const STEPS = 30;

beforeAll(async () => {
  mkdirSync(at('project'));
  const rows = Array.from({ length: 40 }, (_, i) => ({
    prompt: `what is ${i} plus 1 ?`,
    response: `${i + 1}`,
  }));
  writeFileSync(at('project', 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const recipe = {
    name: 'moved',
    device: 'cpu',
    precision: 'fp32',
    stages: [
      {
        stage: 'sft',
        name: 'tuned',
        model: 'models/tiny-base',
        template: 'plain',
        data: [{ source: 'file', path: 'rows.jsonl' }],
        steps: STEPS,
        batchSize: 16,
        lora: { rank: 2, alpha: 4 },
        optimizer: { peak: 1e-3 },
        checkpointEvery: 1,
      },
    ],
  };
  writeFileSync(at('project', 'recipe.json'), JSON.stringify(recipe));
  await succeed('run', at('project', 'recipe.json'), '--out', at('whole'));
  await interrupted();
  const packed = ['--out', at('bundle'), '--run-only', '--chunk-size', String(CHUNK / 2 ** 20)];
  await succeed('bundle', '--run', at('broken'), ...packed);
  // Nothing of where it began is there any more.
  renameSync(at('project'), at('gone'));
  renameSync(at('broken'), at('gone', 'broken'));
}, 300_000);

async function succeed(...args: string[]): Promise<void> {
  const { code, stderr } = await aha(...args);
  if (code !== 0) throw new Error(stderr);
}

/** Runs until a state is saved, and interrupts. */
async function interrupted(): Promise<void> {
  const args = ['run', at('project', 'recipe.json'), '--out', at('broken'), '--json'];
  const child = spawn(process.execPath, ['--import', 'tsx', ENTRY, ...args], {
    env: { ...process.env, AHA_THREADS: '1' },
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  while (!existsSync(at('broken', 'tuned', 'state', 'state.json')) && child.exitCode === null) {
    await setTimeout(10);
  }
  child.kill('SIGINT');
  if ((await ended) !== 130) throw new Error('the run was not interrupted');
}

/** Sums of the weights, merged and of the adapter; adapter_config.json has the folder of the base. */
const weightsOf = (run: string) =>
  Object.entries(readArtifact(at(run, 'tuned')).manifest.files).filter(([name]) =>
    name.endsWith('.safetensors'),
  );

const chunks = () => readdirSync(at('bundle')).filter((name) => name.startsWith('run.tar.'));

describe('aha bundle --run', () => {
  it('packs chunks of the size that is asked for, the newest state alone', () => {
    const sizes = chunks().map((name) => statSync(at('bundle', name)).size);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBe(CHUNK);
    expect(readdirSync(at('gone', 'broken', 'tuned', 'state')).length).toBeGreaterThanOrEqual(2);
  });

  it('goes on in another folder to the same bits', async () => {
    expect((await aha('unpack', at('bundle'), at('moved'))).code).toBe(0);
    const states = readdirSync(at('moved', 'tuned', 'state')).filter((name) => name.startsWith('state-'));
    expect(states).toHaveLength(1);
    // Of a run with LoRA the adapter and its moments alone.
    const model = statSync(
      fileURLToPath(new URL('../../models/tiny-base/model.safetensors', import.meta.url)),
    );
    expect(statSync(at('moved', 'tuned', 'state', states[0]!)).size).toBeLessThan(model.size / 4);
    const { code, stdout, stderr } = await aha('run', at('moved', 'recipe.json'), '--resume');
    expect([code, stderr]).toEqual([0, '']);
    expect(weightsOf('whole')).toHaveLength(2);
    expect(stdout).not.toMatch(/starts again/);
    expect(stdout).not.toMatch(new RegExp(`^tuned +1/${STEPS} `, 'm'));
    expect(weightsOf('moved')).toEqual(weightsOf('whole'));
  });

  it('starts a stage again whose input changed after it came', async () => {
    expect((await aha('unpack', at('bundle'), at('changed'))).code).toBe(0);
    const rows = readdirSync(at('changed', 'inputs')).find((name) => name.endsWith('rows.jsonl'))!;
    const file = at('changed', 'inputs', rows);
    writeFileSync(file, readFileSync(file, 'utf8').replace('plus 1', 'plus 2'));
    const { stdout } = await aha('run', at('changed', 'recipe.json'), '--resume');
    expect(stdout).toMatch(/tuned: starts again, since its input rows\.jsonl changed/);
  });

  it('names chunks that are missing or altered, and writes no run', async () => {
    mkdirSync(at('torn'));
    for (const name of readdirSync(at('bundle'))) copyFileSync(at('bundle', name), at('torn', name));
    const [first, second] = chunks();
    rmSync(at('torn', first!));
    writeFileSync(at('torn', second!), 'short');
    const { code, stderr } = await aha('unpack', at('torn'), at('nothing'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/run\.tar\.000 is missing\n.*run\.tar\.001 is 5 bytes long/);
    expect(stderr).toMatch(/Copy the chunks/);
    expect(existsSync(at('nothing'))).toBe(false);
    expect(readdirSync(at()).filter((name) => name.startsWith('.aha-unpack-'))).toEqual([]);
  });

  it.each([
    [['bundle', '--run', at('none'), '--run-only'], /none is not a run directory: it has no recipe\.json/],
    [['bundle', '--run-only'], /--run-only needs a run\n.*--run/],
    [['unpack', at('gone')], /gone holds no run: it has no run\.json/],
    [['unpack', at('bundle'), at('whole')], /whole exists and is not empty/],
  ])('refuses %j with status 2', async (args, message) => {
    const { code, stderr } = await aha(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('says what to install where there is no tar', async () => {
    vi.stubEnv('PATH', at('none'));
    const packed = await aha('bundle', '--run', at('whole'), '--run-only', '--out', at('other'));
    const unpacked = await aha('unpack', at('bundle'), at('untarred'));
    vi.unstubAllEnvs();
    for (const { code, stderr } of [packed, unpacked]) {
      expect(stderr).toMatch(/tar cannot be started: .*\n.*apt-get install tar/);
      expect(code).toBe(1);
    }
  });
});
