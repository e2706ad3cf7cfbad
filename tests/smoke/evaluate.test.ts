/** The evaluation stage on a random model: goes on inside itself after an interruption, to the same report. */
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/stages/evaluate.ts';
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

/** Runs the stage in a directory and breaks it off after so many waves. */
async function interruptAt(wave: number, dir: string): Promise<void> {
  const controller = new AbortController();
  const run = runStage(evaluate, settings(), {
    dir,
    signal: controller.signal,
    onStep: ({ step }) => step === wave && controller.abort(new Error('stop')),
  });
  await expect(run).rejects.toThrow('stop');
}

const place = (name: string) => path.join(root, name);
const files = (name: string) =>
  ['report.json', 'samples.json'].map((file) => readFileSync(path.join(place(name), file), 'utf8'));

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
  it.each([1, 3, 5])('goes on behind wave %i to the same report, bit for bit', async (wave) => {
    // 12 greedy problems in waves of 4, then 4 problems of 4 samples, one problem a wave.
    const { steps } = await resume(`whole-${wave}`);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const name = `broken-${wave}`;
    await interruptAt(wave, place(name));
    const rest = await resume(name);
    expect(rest.notes).toEqual([`resuming after wave ${wave} of 7`]);
    expect(rest.steps).toEqual([1, 2, 3, 4, 5, 6, 7].slice(wave));
    expect(files(name)).toEqual(files(`whole-${wave}`));
  });

  it('asks again from the first wave that is not whole', async () => {
    await interruptAt(5, place('torn'));
    const kept = path.join(place('torn'), 'state', 'waves.jsonl');
    truncateSync(kept, readFileSync(kept).length - 20);
    expect((await resume('torn')).steps).toEqual([5, 6, 7]);
    expect(files('torn')).toEqual(files('whole-5'));
  });

  it('measures general prompts beside, and the languages of thoughts where the reward is named', async () => {
    const more = {
      ...settings(),
      rewards: { accuracy: {}, format: {}, language: {} },
      general: { problems: 6, samples: 2 },
    };
    await runStage(evaluate, more, { dir: place('general') });
    const [report, samples] = files('general').map((text) => JSON.parse(text) as Record<string, unknown>);
    const [plain] = files('whole-1').map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(report).toMatchObject({ ...plain, generalPrompts: 6, samplesPerGeneralPrompt: 2 });
    expect(report!.generalSuccess).toBe(0);
    expect(Object.keys(report!.generalKinds as object).length).toBeGreaterThan(1);
    expect(report).toHaveProperty('languageConsistency');
    expect(plain).not.toHaveProperty('languageConsistency');
    expect((samples!.general as unknown[][]).map((prompt) => prompt.length)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('refuses responses beyond the context of the model', async () => {
    const sampling = { ...settings().sampling, maxTokens: 128 };
    const run = runStage(evaluate, { ...settings(), sampling }, { dir: place('long') });
    await expect(run).rejects.toThrow(/128 new ones \(sampling\.maxTokens\) do not fit.* 128 tokens/);
  });
});
