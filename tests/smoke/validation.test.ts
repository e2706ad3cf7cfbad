/** Validation, kept checkpoints and the early stop in the RL stage, end to end on a random model. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { rl } from '../../src/stages/rl/rl.ts';
import { runStage, type StageRecord } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-validation-'));
let base: {
  readonly model: string;
  readonly prompts: { task: 'file'; path: string }[];
  readonly heldOut: { task: 'file'; path: string }[];
};

beforeAll(async () => {
  const model = await writeTinyCheckpoint(path.join(root, 'model'));
  const file = (name: string, from: number) => {
    const lines = Array.from({ length: 12 }, (_, i) =>
      JSON.stringify({ prompt: `what is ${from + i} ?`, answer: '7' }),
    );
    writeFileSync(path.join(root, name), `${lines.join('\n')}\n`);
    return [{ task: 'file' as const, path: path.join(root, name) }];
  };
  base = { model, prompts: file('train.jsonl', 0), heldOut: file('held-out.jsonl', 20) };
});

function config(changes: object = {}) {
  return {
    stage: 'rl' as const,
    name: 'rl',
    model: base.model,
    template: 'plain' as const,
    prompts: base.prompts,
    rewards: { accuracy: {} },
    steps: 7,
    promptsPerStep: 4,
    groupSize: 8,
    minibatches: 2,
    sampling: { maxTokens: 6 },
    optimizer: { peak: 3e-3, warmup: 2 },
    checkpointEvery: 2,
    ...changes,
  };
}

const validate = () => ({ every: 3, prompts: base.heldOut, samples: 4 });
const dirOf = (name: string) => path.join(root, name);

/** Every file of a stage's artifact by its path; states left out. */
function artifact(dir: string): Map<string, string> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
      .filter((name) => !name.startsWith('state/'))
      .sort()
      .map((name) => [name, readFileSync(path.join(dir, name), 'base64')]),
  );
}

/** Metrics without those of time. */
const timeless = ({ reports }: StageRecord) =>
  reports.map((report) =>
    Object.fromEntries(Object.entries(report).filter(([metric]) => !metric.includes('second'))),
  );

/** Runs the stage, broken off after some steps, and then to its end. */
async function inPieces(settings: ReturnType<typeof config>, dir: string, breaks: readonly number[]) {
  const reports: StageRecord['reports'] = [];
  for (const last of breaks) {
    const controller = new AbortController();
    const stop = new Error('stop');
    const onStep = (report: (typeof reports)[number]) => {
      reports.push(report);
      if (report.step === last) controller.abort(stop);
    };
    await expect(runStage(rl, settings, { dir, signal: controller.signal, onStep })).rejects.toBe(stop);
  }
  const rest = await runStage(rl, settings, { dir });
  return { ...rest, reports: [...reports, ...rest.reports] };
}

describe('validation', () => {
  it('leaves training as it is, bit for bit, and adds its metrics at the start, every so often and at the end', async () => {
    const without = await runStage(rl, config(), { dir: dirOf('without') });
    const withIt = await runStage(rl, config({ validate: validate() }), { dir: dirOf('with') });
    expect(artifact(dirOf('with'))).toEqual(artifact(dirOf('without')));
    const validated = withIt.reports.filter((report) => 'validation/accuracy' in report);
    expect(validated.map(({ step }) => step)).toEqual([0, 3, 6, 7]);
    const training = timeless(withIt)
      .filter(({ step }) => step! > 0)
      .map((report) =>
        Object.fromEntries(Object.entries(report).filter(([metric]) => !metric.startsWith('validation/'))),
      );
    expect(training).toEqual(timeless(without));
    for (const report of validated) {
      expect(report['validation/accuracy']).toBe(report['validation/rewards/accuracy/mean']);
      expect(report['validation/length']).toBeGreaterThan(0);
      expect(report['seconds/validation']).toBeGreaterThan(0);
    }
  });

  it('draws the same way each time: a policy that stands still measures the same', async () => {
    const still = config({ steps: 3, optimizer: { peak: 1e-30 }, validate: { ...validate(), every: 1 } });
    const { reports } = await runStage(rl, still, { dir: dirOf('still') });
    const measured = reports.map((report) => [report['validation/reward'], report['validation/length']]);
    expect(new Set(measured.map(String)).size).toBe(1);
    expect(measured).toHaveLength(4);
  });
});

describe('kept checkpoints', () => {
  it.each([
    ['all weights', {}],
    ['LoRA', { lora: { rank: 4, alpha: 8 } }],
  ])('%s: an interrupted run keeps the same ones and the same patience, bit for bit', async (name, how) => {
    const settings = config({
      ...how,
      validate: { ...validate(), every: 1 },
      keep: { last: 2, best: 2, metric: 'validation/accuracy', artifact: 'best' },
      stop: { metric: 'validation/accuracy', patience: 50 },
    });
    const whole = await runStage(rl, settings, { dir: dirOf(`${name}-whole`) });
    const broken = await inPieces(settings, dirOf(`${name}-broken`), [3, 5]);
    expect(artifact(dirOf(`${name}-broken`))).toEqual(artifact(dirOf(`${name}-whole`)));
    expect(timeless(broken)).toEqual(timeless(whole));
    const accuracies = whole.reports.map((report) => report['validation/accuracy']!);
    const best = accuracies.indexOf(Math.max(...accuracies));
    const folder = (step: number) => `checkpoints/step-00000${step}`;
    const files = artifact(dirOf(`${name}-whole`));
    const folders = new Set([...files.keys()].flatMap((file) => /^checkpoints\/[^/]*/.exec(file) ?? []));
    expect([...folders]).toEqual(expect.arrayContaining([folder(4), folder(6), folder(best)]));
    expect(folders.size).toBeLessThanOrEqual(4);
    expect(files.get('model.safetensors')).toBe(files.get(`${folder(best)}/model.safetensors`));
    expect(whole.notes.join()).toContain(
      `leaves the checkpoint of step ${best}, the best by validation/accuracy`,
    );
    if ('lora' in how) expect(files.has('adapter/adapter_model.safetensors')).toBe(true);
  });

  it.each([
    ['all weights', {}],
    ['LoRA', { lora: { rank: 4, alpha: 8 } }],
  ])('%s: that of the last step is what the artifact is', async (name, how) => {
    const dir = dirOf(`${name}-last`);
    await runStage(rl, config({ ...how, steps: 4, keep: { last: 1, best: 0 } }), { dir });
    const files = artifact(dir);
    const last = 'checkpoints/step-000004';
    for (const file of ['model.safetensors', 'config.json', 'tokenizer.json']) {
      expect(files.get(`${last}/${file}`), file).toBe(files.get(file));
    }
    const adapter = 'adapter/adapter_model.safetensors';
    expect(files.get(`${last}/${adapter}`)).toBe(files.get(adapter));
  });
});

describe('early stop', () => {
  it('ends training, also where a state was saved at its very end', async () => {
    // Nothing is learnt, so the second validation is the last.
    const settings = config({
      optimizer: { peak: 1e-30 },
      validate: { ...validate(), every: 2 },
      stop: { metric: 'validation/reward', patience: 1 },
    });
    const whole = await runStage(rl, settings, { dir: dirOf('stopped') });
    expect(whole.reports.map(({ step }) => step)).toEqual([0, 1, 2]);
    expect(whole.notes.join()).toMatch(
      /stops after step 2 of 7: validation\/reward has not become better in 1/,
    );
    const broken = await inPieces(settings, dirOf('stopped-broken'), [2]);
    expect(broken.reports.map(({ step }) => step)).toEqual([0, 1, 2]);
    expect(artifact(dirOf('stopped-broken'))).toEqual(artifact(dirOf('stopped')));
  });
});

it.each([
  ['keep', { keep: { best: 1, metric: 'validation/accuracy' } }],
  ['stop', { stop: { metric: 'validation/accuracy', patience: 1 } }],
])('refuses to %s by a metric that the held-out prompts never give', async (setting, changes) => {
  const unanswered = path.join(root, 'unanswered.jsonl');
  writeFileSync(unanswered, '{"prompt": "what is 1 ?", "answer": null}\n');
  const heldOut = { every: 3, prompts: [{ task: 'file' as const, path: unanswered }], samples: 2 };
  const settings = config({ rewards: { accuracy: {}, format: {} }, validate: heldOut, ...changes });
  await expect(runStage(rl, settings, { dir: dirOf(`watched-${setting}`) })).rejects.toThrow(
    new RegExp(`^${setting}\\.metric: the validation gives no validation/accuracy.*\\n.*validation/reward`),
  );
});
