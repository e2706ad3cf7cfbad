/** `aha run` interrupted twice in the middle of a step, and resumed from the state it had saved before. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { readArtifact } from '../../src/run/artifact.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'aha-interrupt-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const recipe = path.join(root, 'recipe.json');
writeFileSync(
  recipe,
  JSON.stringify({
    name: 'interrupted',
    device: 'cpu',
    stages: [
      {
        stage: 'pretrain',
        name: 'base',
        model: TINY_CONFIG,
        steps: 3,
        rowLength: 96,
        // The event loop does not turn within a step, and this one takes most of a second.
        rowsPerStep: 256,
        optimizer: { peak: 5e-3 },
        checkpointEvery: 1,
      },
    ],
  }),
);

async function run(out: string, args: string[], started: (child: ChildProcess) => unknown = () => undefined) {
  const command = ['--import', 'tsx', ENTRY, 'run', recipe, '--out', path.join(root, out), '--json', ...args];
  const child = spawn(process.execPath, command, { env: { ...process.env, AHA_THREADS: '1' } });
  let err = '';
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  child.stdout.resume();
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  void started(child);
  return { status: await closed, err };
}

const digest = (out: string) => readArtifact(path.join(root, out, 'base')).digest;

it('ends with status 130 and the command that goes on, to the same weights', async () => {
  const whole = run('whole', []);
  const state = path.join(root, 'broken', 'base', 'state', 'state.json');
  const interrupted = await run('broken', [], async (child) => {
    while (!existsSync(state) && child.exitCode === null) await setTimeout(10);
    while (child.exitCode === null) {
      child.kill('SIGINT');
      await setTimeout(250);
    }
  });
  expect(interrupted.status).toBe(130);
  // The first may have come just before the end of a step, and been heard; src/torch/interrupt.test.ts is strict.
  expect(interrupted.err).toMatch(/interrupted(?: twice; ended at once|; what was finished is saved)/);
  expect(interrupted.err).toContain('--resume');
  expect(await run('broken', ['--resume'])).toEqual({ status: 0, err: '' });
  expect(await whole).toEqual({ status: 0, err: '' });
  expect(digest('broken')).toBe(digest('whole'));
}, 300_000);
