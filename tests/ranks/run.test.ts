/** Whole runs on several ranks: the same files as on one, written once, and going on with another number of ranks. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/models/index.ts';
import { LONG } from '../support/long.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const AHA = path.resolve('tests/support/aha.ts');
const base = mkdtempSync(path.join(tmpdir(), 'aha-ranks-run-'));
const recipe = path.join(base, 'recipe.json');

const prompts = [{ task: 'chain' }];
const sampling = { maxTokens: 12 };
const optimizer = { peak: 1e-4 };

/** Each stage, small. */
const STAGES = [
  {
    stage: 'rl',
    name: 'Zero',
    model: 'policy',
    template: 'plain',
    prompts,
    rewards: { accuracy: {}, format: {}, length: { weight: 0.1 } },
    steps: 4,
    promptsPerStep: 3,
    groupSize: 4,
    minibatches: 2,
    staleness: 1,
    checkpointEvery: 1,
    sampling,
    loss: { kl: { coefficient: 0.1 }, samplerCorrection: { kind: 'truncate' } },
    critic: { kind: 'separate' },
    advantage: 'gae',
    validate: { prompts, problems: 5, samples: 2, every: 2 },
    keep: { best: 1, metric: 'validation/reward' },
    optimizer,
  },
  {
    stage: 'reject',
    name: 'Kept',
    model: '@Zero',
    template: 'plain',
    prompts,
    promptCount: 5,
    samples: 3,
    sampling: { ...sampling, maxRows: 9 },
    rewards: { accuracy: {}, length: {} },
    minimum: { accuracy: null, length: null },
  },
  {
    stage: 'evaluate',
    name: 'Measured',
    checkpoint: '@Zero',
    template: 'plain',
    prompts,
    greedyProblems: 5,
    problems: 3,
    samples: 2,
    sampling,
  },
  {
    stage: 'pretrain',
    name: 'Base',
    model: TINY_CONFIG,
    steps: 3,
    rowLength: 64,
    rowsPerStep: 5,
    checkpointEvery: 2,
    optimizer,
  },
  {
    stage: 'sft',
    name: 'Tuned',
    model: '@Base',
    template: 'plain',
    data: [{ source: 'cold-start', count: 10 }],
    epochs: 1,
    batchSize: 5,
    optimizer,
  },
  {
    stage: 'reward-model',
    name: 'Judge',
    model: '@Tuned',
    kind: 'pairwise',
    reads: 'answer',
    template: 'plain',
    data: [{ source: 'world-pairs', count: 14 }],
    steps: 2,
    batchSize: 5,
    optimizer,
  },
];

/** Those that leave weights. */
const TRAINED = ['Base', 'Tuned', 'Judge', 'Zero'];

beforeAll(async () => {
  await writeTinyCheckpoint(path.join(base, 'policy'));
  writeFileSync(recipe, JSON.stringify({ name: 'ranks', stages: STAGES }));
});

/** Runs the recipe into a directory of `base`; `interruptAfter` is the step after which the command is interrupted. */
function run(
  out: string,
  args: readonly string[],
  interruptAfter?: number,
): Promise<{ code: number; text: string }> {
  const command = ['--import', 'tsx', AHA, 'run', recipe, '--json', '--out', path.join(base, out), ...args];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, AHA_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let interrupted = false;
  const hear = (data: Buffer): void => {
    text += data.toString();
    if (interrupted || interruptAfter === undefined || !text.includes(`"step":${interruptAfter},`)) return;
    interrupted = true;
    child.kill('SIGINT');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, text })));
}

const read = (...names: string[]): string => readFileSync(path.join(base, ...names), 'utf8');

/** The lines of metrics.jsonl, without what depends on the machine. */
const metrics = (out: string) =>
  read(out, 'metrics.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const values = Object.entries(JSON.parse(line) as Record<string, number | string>);
      return Object.fromEntries(values.filter(([name]) => !/second|memory/.test(name)));
    });

/** The greatest difference of the weights that a stage has left. */
function distance(stage: string, one: string, other: string): number {
  const weights = (out: string) => readSafetensors(path.join(base, out, stage, 'model.safetensors')).tensors;
  const others = weights(other);
  const each = [...weights(one)].map(([name, own]) => own.sub(others.get(name)!).toArray());
  return each.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function expectAlike(one: string, other: string): void {
  const [a, b] = [metrics(one), metrics(other)];
  expect(b).toHaveLength(a.length);
  for (const [i, line] of a.entries()) {
    expect(Object.keys(b[i]!)).toEqual(Object.keys(line));
    for (const [name, value] of Object.entries(line)) {
      if (typeof value === 'string') expect(b[i]![name]).toBe(value);
      else
        expect(Math.abs(Number(b[i]![name]) - value), `${name} of line ${i}`).toBeLessThan(
          1e-4 + 1e-4 * Math.abs(value),
        );
    }
  }
  for (const stage of TRAINED) expect(distance(stage, one, other), stage).toBeLessThan(1e-5);
  for (const file of readdirSync(path.join(base, one, 'Zero', 'samples'))) {
    expect(read(other, 'Zero', 'samples', file)).toBe(read(one, 'Zero', 'samples', file));
  }
  expect(read(other, 'Kept', 'data.jsonl').length).toBe(read(one, 'Kept', 'data.jsonl').length);
  expect(read(other, 'Measured', 'report.json')).toBe(read(one, 'Measured', 'report.json'));
}

describe('two ranks', () => {
  let alone: { code: number; text: string };
  beforeAll(async () => {
    alone = await run('alone', []);
  }, 120_000);

  it('leave what one process leaves, and say how many they were', async () => {
    expect(alone.code, alone.text).toBe(0);
    const { code, text } = await run('two', ['--nproc', '2']);
    expect(code, text).toBe(0);
    expectAlike('alone', 'two');
    expect(JSON.parse(read('two', 'machines.json'))).toMatchObject([{ ranks: 2 }]);
    expect(readdirSync(path.join(base, 'two')).toSorted()).toEqual(
      readdirSync(path.join(base, 'alone')).toSorted(),
    );
  }, 120_000);

  it.runIf(LONG)(
    'stop together where they are interrupted, and go on as two, as one or as three',
    async () => {
      for (const [out, args, ranks] of [
        ['again-2', [], [2]],
        ['again-1', ['--nproc', '1'], [2, undefined]],
        ['again-3', ['--nproc', '3'], [2, 3]],
      ] as const) {
        const first = await run(out, ['--nproc', '2'], 2);
        expect(first.code, first.text).toBe(130);
        const { code, text } = await run(out, ['--resume', ...args]);
        expect(code, text).toBe(0);
        expect(text).toContain('resuming after step');
        expectAlike('alone', out);
        const machines = JSON.parse(read(out, 'machines.json')) as { ranks?: number }[];
        expect(machines.map(({ ranks: count }) => count)).toEqual(ranks);
      }
    },
  );
});
