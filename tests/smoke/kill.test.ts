/** A recipe killed with SIGKILL at random points and resumed gives the artifacts of one that was left alone. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { readArtifact } from '../../src/run/artifact.ts';
import { runs } from '../support/long.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));
const STAGES = ['base', 'tuned', 'zero', 'check'];
/** Step events of the whole run. */
const STEPS = { base: 6, tuned: 5, zero: 6, check: 5 };

const root = mkdtempSync(path.join(tmpdir(), 'aha-kill-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const recipe = path.join(root, 'tiny.json');
writeFileSync(
  recipe,
  JSON.stringify({
    name: 'tiny',
    device: 'cpu',
    stages: [
      {
        stage: 'pretrain',
        name: 'base',
        model: TINY_CONFIG,
        steps: STEPS.base,
        rowLength: 96,
        rowsPerStep: 4,
        optimizer: { peak: 5e-3 },
        checkpointEvery: 2,
      },
      {
        stage: 'sft',
        name: 'tuned',
        model: '@base',
        template: 'plain',
        data: [{ source: 'cold-start', count: 20 }],
        epochs: 2,
        batchSize: 8,
        optimizer: { peak: 3e-3 },
        checkpointEvery: 2,
      },
      {
        stage: 'rl',
        name: 'zero',
        model: '@tuned',
        template: 'plain',
        prompts: [{ task: 'chain' }],
        rewards: { format: {}, length: {} },
        steps: STEPS.zero,
        promptsPerStep: 4,
        groupSize: 4,
        staleness: 1,
        sampling: { maxTokens: 12 },
        loss: { kl: { coefficient: 0.1, referenceEvery: 2 } },
        optimizer: { peak: 1e-3 },
        checkpointEvery: 2,
        validate: { every: 2, prompts: [{ task: 'chain' }], problems: 4 },
        keep: { last: 1, best: 1, artifact: 'best' },
        stop: { patience: 9 },
      },
      {
        stage: 'evaluate',
        name: 'check',
        checkpoint: '@zero',
        prompts: [{ task: 'chain' }],
        template: 'plain',
        greedyProblems: 4,
        problems: 4,
        samples: 4,
        sampling: { maxTokens: 12, maxRows: 4 },
      },
    ],
  }),
);

/** What a process said, and how it ended: a status, or null where it was killed. */
interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the recipe in a directory; `killAt`: SIGKILL so many milliseconds after so many lines. */
async function run(out: string, args: string[], killAt?: { lines: number; after: number }): Promise<Ended> {
  const command = ['--import', 'tsx', ENTRY, 'run', recipe, '--out', path.join(root, out), '--json', ...args];
  const child = spawn(process.execPath, command, { env: { ...process.env, AHA_THREADS: '1' } });
  const said = { out: '', err: '' };
  let aimed = false;
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  child.stdout.on('data', (data: Buffer) => {
    said.out += data.toString();
    if (aimed || killAt === undefined || said.out.split('\n').length <= killAt.lines) return;
    aimed = true;
    void setTimeout(killAt.after).then(() => child.kill('SIGKILL'));
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...said };
}

const digests = (out: string) => STAGES.map((stage) => readArtifact(path.join(root, out, stage)).digest);

/** `base 1`, `base 2` … of metrics.jsonl. */
const recorded = (out: string) =>
  readFileSync(path.join(root, out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { stage: string; step: number })
    .map(({ stage, step }) => `${stage} ${step}`);

/** Runs that are killed, and how often each of them. */
const BROKEN = Array.from({ length: runs(1, 5) }, (_, index) => `broken-${index}`);
const KILLS = runs(2, 3);

it('gives the same artifacts, killed at random points or not, and refuses a corrupted one by name', async () => {
  const whole = run('whole', []);
  for (const [index, broken] of BROKEN.entries()) {
    const random = Random.derive(8 + index, 'kill');
    let [killed, ended]: [number, Ended | undefined] = [0, undefined];
    while (ended?.status !== 0) {
      const killAt = killed < KILLS ? { lines: random.int(9, 16), after: random.int(0, 40) } : undefined;
      ended = await run(broken, killed === 0 ? [] : ['--resume'], killAt);
      expect(ended.err).toBe('');
      if (ended.status === null) killed += 1;
    }
    expect(killed).toBe(KILLS);
  }
  expect(await whole).toMatchObject({ status: 0, err: '' });
  // One line more: the validation before the first step.
  expect(recorded('whole')).toHaveLength(STEPS.base + STEPS.tuned + STEPS.zero + 1);
  for (const broken of BROKEN) {
    expect(digests(broken)).toEqual(digests('whole'));
    expect(recorded(broken)).toEqual(recorded('whole'));
  }

  const broken = BROKEN[0]!;
  const weights = path.join(root, broken, 'tuned', 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(weights, bytes);
  const refused = await run(broken, ['--resume']);
  expect(refused.status).toBe(1);
  expect(refused.err).toContain(`${weights} was altered`);
}, 600_000);
