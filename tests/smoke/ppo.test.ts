/** PPO in the one RL loop: both kinds of critic learn, resume exactly, and leave what they should. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { presets } from '../../src/app/recipes/presets.ts';
import { loadValueModel, readSafetensors } from '../../src/models/index.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import { indices } from '../../src/torch/index.ts';
import { sampleOf } from '../support/long.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-ppo-'));
let checkpoint: string;
let jsonl: string;

beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
  jsonl = path.join(root, 'prompts.jsonl');
  // Every answer is 7: a model that has learnt to say 7 has learnt the task.
  const lines = Array.from({ length: 12 }, (_, i) =>
    JSON.stringify({ prompt: `what is ${i} ?`, answer: '7' }),
  );
  writeFileSync(jsonl, `${lines.join('\n')}\n`);
});

const own = { peak: 5e-3, warmup: 2 } as const;
const CRITICS = {
  separate: { ...presets.ppo.critic, optimizer: own },
  shared: { kind: 'shared', coefficient: 0.1, optimizer: own },
} as const;

function config(kind: keyof typeof CRITICS, steps: number) {
  return {
    stage: 'rl' as const,
    ...presets.ppo,
    name: 'ppo',
    critic: CRITICS[kind],
    model: checkpoint,
    template: 'plain' as const,
    prompts: [{ task: 'jsonl' as const, path: jsonl }],
    rewards: { accuracy: {} },
    steps,
    promptsPerStep: 4,
    groupSize: 8,
    minibatches: 2,
    sampling: { maxTokens: 6 },
    optimizer: { peak: 3e-3, warmup: 2 },
    checkpointEvery: 100,
  };
}

type Settings = Parameters<typeof runStage<typeof rl.schema>>[1];

const read = (dir: string, file = 'model.safetensors') => readFileSync(path.join(dir, file));
const mean = (values: (number | undefined)[]) =>
  values.reduce<number>((sum, x) => sum + x!, 0) / values.length;

/** Runs the stage and breaks it off after a step. */
async function interruptAt(last: number, settings: Settings, dir: string): Promise<void> {
  const controller = new AbortController();
  const interrupted = runStage(rl, settings, {
    dir,
    signal: controller.signal,
    onStep: ({ step }) => step === last && controller.abort(new Error('stop')),
  });
  await expect(interrupted).rejects.toThrow('stop');
}

/** Weights, moments and all else of the newest state in a run's directory, by name. */
function stateOf(dir: string): Map<string, string> {
  const state = path.join(dir, 'state');
  const newest = readdirSync(state)
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .at(-1)!;
  const { tensors } = readSafetensors(path.join(state, newest));
  return new Map(
    [...tensors].map(([name, tensor]) => [name, Buffer.from(tensor.toBytes()).toString('base64')]),
  );
}

/** What is interrupted; a few of them in `npm test`. */
const RESUMED = sampleOf(
  (['separate', 'shared'] as const).flatMap((kind) => [
    { kind, name: '', settings: {} },
    { kind, name: ', rollouts ahead of the update', settings: { staleness: 2 } },
    {
      kind,
      name: ', dynamic sampling',
      settings: { dynamicSampling: { attempts: 3 }, promptsPerStep: 6 },
    },
  ]),
  3,
);

describe.each(['separate', 'shared'] as const)('PPO with a %s critic', (kind) => {
  it('learns to give the rewarded answer', async () => {
    const dir = path.join(root, `${kind}-learns`);
    const { reports, warnings } = await runStage(rl, config(kind, 36), { dir });
    const part = (name: string, from: number, to?: number) =>
      mean(reports.slice(from, to).map((report) => report[name]));
    expect(part('reward', 0, 3)).toBeLessThan(0.4);
    expect(part('reward', -6)).toBeGreaterThan(0.8);
    expect(reports[0]!['val/var_explained']).toBeCloseTo(0, 6);
    expect(part('loss/value_avg', -6)).toBeLessThan(part('loss/value_avg', 1, 7) / 2);
    expect(reports.every((report) => report['val/grad_norm']! > 0)).toBe(true);
    expect(reports.every((report) => Object.values(report).every(Number.isFinite))).toBe(true);
    expect(reports[0]).toHaveProperty('kl');
    expect(warnings.join()).not.toContain('compares completions of one prompt');
  });

  it.each(RESUMED.filter((one) => one.kind === kind))(
    'goes on from an interruption bit for bit$name',
    async ({ settings }) => {
      const all = { ...config(kind, 6), ...settings };
      const name = [kind, ...Object.keys(settings)].join('-');
      const whole = path.join(root, `${name}-whole`);
      const broken = path.join(root, `${name}-broken`);
      await interruptAt(6, all, whole);
      await interruptAt(3, all, broken);
      await interruptAt(6, all, broken);
      const [expected, found] = [stateOf(whole), stateOf(broken)];
      expect([...found.keys()]).toEqual([...expected.keys()]);
      expect([...found.keys()]).toEqual(
        expect.arrayContaining(['critic.values', 'critic.first_moment', 'critic.second_moment']),
      );
      for (const [tensor, bytes] of expected) expect(found.get(tensor) === bytes, tensor).toBe(true);
    },
  );
});

describe('what PPO leaves', () => {
  it('a critic of its own is a checkpoint, which another run may start from', async () => {
    const dir = path.join(root, 'leaves');
    const { reports } = await runStage(rl, config('separate', 8), { dir });
    const critic = loadValueModel(path.join(dir, 'critic'));
    expect(
      critic
        .forward({ tokens: indices([2, 9, 4], [1, 3]) })
        .toArray()
        .some((v) => v !== 0),
    ).toBe(true);
    expect(readdirSync(path.join(dir, 'critic'))).toEqual(
      expect.arrayContaining(['config.json', 'tokenizer.json']),
    );
    const again = {
      ...config('separate', 1),
      critic: { ...CRITICS.separate, model: path.join(dir, 'critic') },
    };
    const { reports: next } = await runStage(rl, again, { dir: path.join(root, 'leaves-again') });
    expect(next[0]!['val/var_explained']).not.toBeCloseTo(0, 6);
    // Four copies of each model (weights, gradient, two moments), and the reference.
    const bytes = (name: string, of: typeof reports) => of[0]![`memory/${name}_bytes`]!;
    const policy = read(checkpoint).length;
    expect(bytes('critic', reports) / policy).toBeGreaterThan(3);
    expect(bytes('models', reports) - bytes('critic', reports)).toBeGreaterThan(4.5 * policy);
  });

  it('a shared critic costs a head, trains it beside an adapter, and leaves a language model', async () => {
    const dir = path.join(root, 'shared-lora');
    const settings = { ...config('shared', 4), lora: { rank: 4, alpha: 8 } };
    const { reports } = await runStage(rl, settings, { dir });
    expect(reports[0]!['memory/critic_bytes']).toBe(4 * 4 * 32);
    expect(reports.at(-1)!['val/grad_norm']).toBeGreaterThan(0);
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(['adapter', 'model.safetensors']));
    expect(readdirSync(dir)).not.toContain('critic');
  });

  it('keeps samples of the first and the last step', async () => {
    const dir = path.join(root, 'samples');
    await runStage(rl, config('shared', 3), { dir });
    expect(readdirSync(path.join(dir, 'samples'))).toEqual(['step-000001.jsonl', 'step-000003.jsonl']);
  });
});

describe('settings that exclude one another', () => {
  const problems = (changes: object) =>
    rl.schema
      .safeParse({ ...config('separate', 1), ...changes })
      .error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      .join();

  it.each([
    [{ critic: undefined }, 'critic: the advantage "gae" needs a critic'],
    [{ advantage: 'grpo' }, 'advantage: the advantage "grpo" asks no critic'],
    [{ minibatches: 33 }, 'minibatches: a rollout has 32 completions'],
    [
      { advantage: 'process', critic: undefined, loss: {} },
      'rewards: the advantage "process" needs a reward',
    ],
    [
      { advantage: 'process', critic: undefined, rewards: { 'chain-steps': {} } },
      'loss.kl.in: the advantage "process" is of step scores alone',
    ],
  ])('%j', (changes, message) => {
    expect(problems({})).toBeUndefined();
    expect(problems(changes)).toContain(message);
  });
});
