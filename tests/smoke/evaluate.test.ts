/** The evaluation stage on a random model: goes on inside itself after an interruption, to the same report. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvaluation } from '../../src/evaluation/index.ts';
import { evaluate } from '../../src/stages/evaluate/evaluate.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-evaluate-'));
let checkpoint: string;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const settings = () => ({
  stage: 'evaluate' as const,
  name: 'check',
  checkpoint,
  prompts: [{ task: 'chain' as const }],
  template: 'plain' as const,
  greedyProblems: 12,
  problems: 4,
  samples: 4,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 12, maxRows: 4 },
});

/** Runs the stage in a directory and breaks it off after so many responses. */
async function interruptAt(responses: number, dir: string): Promise<void> {
  const controller = new AbortController();
  const run = runStage(evaluate, settings(), {
    dir,
    signal: controller.signal,
    onStep: ({ step }) => step === responses && controller.abort(new Error('stop')),
  });
  await expect(run).rejects.toThrow('stop');
}

const place = (name: string) => path.join(root, name);
const files = (name: string) =>
  ['report.json', 'samples.jsonl', 'settings.json'].map((file) =>
    readFileSync(path.join(place(name), file), 'utf8'),
  );

/** Steps shown after resuming in a directory, and what was noted. */
async function resume(name: string) {
  const steps: number[] = [];
  const { notes } = await runStage(evaluate, settings(), {
    dir: place(name),
    onStep: ({ step }) => steps.push(step),
  });
  return { steps, notes };
}

describe('evaluate', () => {
  // 12 greedy problems in batches of 4, then 4 problems of 4 samples, one problem a batch.
  const BATCHES = [4, 8, 12, 16, 20, 24, 28];

  it.each([4, 12, 20])('goes on behind response %i to the same report, bit for bit', async (responses) => {
    const { steps } = await resume(`whole-${responses}`);
    expect(steps).toEqual(BATCHES);
    const name = `broken-${responses}`;
    await interruptAt(responses, place(name));
    const rest = await resume(name);
    expect(rest.notes).toEqual([`resuming: ${responses} of 28 responses are there`]);
    expect(rest.steps).toEqual(BATCHES.filter((step) => step > responses));
    expect(files(name)).toEqual(files(`whole-${responses}`));
  });

  it('samples a batch again of which a part is there, and keeps that part', async () => {
    await interruptAt(20, place('torn'));
    const kept = path.join(place('torn'), 'samples.jsonl');
    truncateSync(kept, readFileSync(kept).length - 20);
    expect((await resume('torn')).steps).toEqual([20, 24, 28]);
    expect(files('torn')).toEqual(files('whole-4'));
  });

  it('keeps what was graded: nothing there is graded again', async () => {
    await interruptAt(20, place('kept'));
    const samples = path.join(place('kept'), 'samples.jsonl');
    const [first, ...others] = readFileSync(samples, 'utf8').split('\n');
    const graded = { ...(JSON.parse(first!) as object), correct: 1 };
    writeFileSync(samples, [JSON.stringify(graded), ...others].join('\n'));
    await resume('kept');
    expect(readFileSync(samples, 'utf8').split('\n')[0]).toBe(JSON.stringify(graded));
    const [plain, again] = ['whole-4', 'kept'].map(
      (name) => JSON.parse(files(name)[0]!) as { greedy: number },
    );
    expect(again!.greedy - plain!.greedy).toBeCloseTo(1 / 12, 12);
  });

  it('measures general prompts beside, and the languages of thoughts where the reward is named', async () => {
    const more = {
      ...settings(),
      rewards: { accuracy: {}, format: {}, language: {} },
      general: { problems: 6, samples: 2 },
    };
    await runStage(evaluate, more, { dir: place('general') });
    const [report, plain] = ['general', 'whole-4'].map(
      (name) => JSON.parse(files(name)[0]!) as Record<string, unknown>,
    );
    expect(report).toMatchObject({ ...plain, generalPrompts: 6, samplesPerGeneralPrompt: 2 });
    expect(report!.generalSuccess).toBe(0);
    expect(Object.keys(report!.generalKinds as object).length).toBeGreaterThan(1);
    expect(report).toHaveProperty('languageConsistency');
    expect(plain).not.toHaveProperty('languageConsistency');
    const { responses } = await readEvaluation(place('general'), (_, text) => expect.unreachable(text));
    expect(responses.general!.map((prompt) => prompt.length)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('refuses responses beyond the context of the model', async () => {
    const sampling = { ...settings().sampling, maxTokens: 128 };
    const run = runStage(evaluate, { ...settings(), sampling }, { dir: place('long') });
    await expect(run).rejects.toThrow(/128 new ones \(sampling\.maxTokens\) do not fit.* 128 tokens/);
  });
});
