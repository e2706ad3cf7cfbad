/** Rejection sampling: interrupted and resumed to the same files, which supervised fine-tuning reads. */
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reject } from '../../src/stages/reject/reject.ts';
import { sft } from '../../src/stages/sft/sft.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-reject-'));
const place = (name: string) => path.join(root, name);
let random: string;
beforeAll(async () => {
  random = await writeTinyCheckpoint(place('random-model'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const BASE = path.join(import.meta.dirname, '../../models/tiny-base');
const FILES = ['data.jsonl', 'dropped.jsonl', 'stats.json'];

/** Nothing is dropped for what it says: a random model says nothing right. */
const everything = () => ({
  stage: 'reject' as const,
  name: 'traces',
  model: random,
  prompts: [{ task: 'chain' as const }, { task: 'general' as const }],
  template: 'plain' as const,
  promptCount: 10,
  samples: 2,
  minimum: { accuracy: null, format: null },
  unscored: 'keep' as const,
  filters: { truncated: 'keep' as const, repetition: { ngram: 3, maxShare: 0.1 } },
  sampling: { maxTokens: 10, maxRows: 4 },
});

const filesOf = (name: string) => FILES.map((file) => readFileSync(path.join(place(name), file), 'utf8'));
const linesOf = (name: string, file = 'data.jsonl') =>
  readFileSync(path.join(place(name), file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const statsOf = (name: string) =>
  JSON.parse(readFileSync(path.join(place(name), 'stats.json'), 'utf8')) as Record<string, unknown> & {
    readonly sampled: number;
    readonly kept: number;
    readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  };

async function interruptAt(batch: number, name: string): Promise<void> {
  const controller = new AbortController();
  const onStep = ({ step }: { step: number }) => step === batch && controller.abort(new Error('stop'));
  const run = runStage(reject, everything(), { dir: place(name), signal: controller.signal, onStep });
  await expect(run).rejects.toThrow('stop');
}

describe('reject', () => {
  it('keeps the right ones of the shipped base, and says what became of the others', async () => {
    const settings = {
      ...everything(),
      model: BASE,
      prompts: [{ task: 'chain' as const, maxNumbers: 3 }],
      promptCount: 24,
      samples: 8,
      rewards: { accuracy: {} },
      minimum: {},
      filters: {},
      keepPerPrompt: 1,
      sampling: { maxTokens: 48 },
      decontaminate: { prompts: [{ task: 'chain' as const }], count: 64 },
    };
    const { notes, reports } = await runStage(reject, settings, { dir: place('base') });
    const { sampled, kept, dropped, tokens } = statsOf('base');
    expect(reports.reduce((sum, report) => sum + report.num_tokens!, 0)).toBe(
      (tokens as { sampled: number }).sampled,
    );
    expect(sampled).toBe(24 * 8);
    expect(kept + dropped.reduce((sum, { count }) => sum + count, 0)).toBe(sampled);
    expect(dropped.map(({ reason }) => reason)).toContain('accuracy');
    expect(dropped.map(({ reason }) => reason)).not.toContain('contaminated');
    const lines = linesOf('base');
    expect(lines).toHaveLength(kept);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(kept);
    for (const line of lines) {
      expect(line).toMatchObject({
        task: 'chain',
        rewards: { accuracy: 1 },
        model: expect.stringMatching(/^\w{16}$/),
      });
    }
    expect(notes.at(-1)).toMatch(/sampled +192 {2}24 prompts\n[\s\S]*dropped: accuracy[\s\S]*kept/);
  });

  it.each([1, 4])('goes on behind batch %i to the same files, bit for bit', async (batch) => {
    const name = `broken-${batch}`;
    await runStage(reject, everything(), { dir: place(`whole-${batch}`) });
    await interruptAt(batch, name);
    const steps: number[] = [];
    const { notes } = await runStage(reject, everything(), {
      dir: place(name),
      onStep: ({ step }) => steps.push(step),
    });
    expect(notes[0]).toBe(`resuming after batch ${batch} of 5`);
    expect(steps).toEqual([1, 2, 3, 4, 5].slice(batch));
    expect(filesOf(name)).toEqual(filesOf(`whole-${batch}`));
  });

  it('samples again from the first batch that is not whole', async () => {
    await interruptAt(3, 'torn');
    const batches = path.join(place('torn'), 'state', 'batches.jsonl');
    truncateSync(batches, readFileSync(batches).length - 9);
    await runStage(reject, everything(), { dir: place('torn') });
    expect(filesOf('torn')).toEqual(filesOf('whole-1'));
  });

  it('leaves a data set that supervised fine-tuning learns from', async () => {
    const { reports } = await runStage(
      sft,
      {
        stage: 'sft',
        name: 'student',
        model: random,
        data: [{ source: 'jsonl', path: path.join(place('whole-1'), 'data.jsonl') }],
        template: 'plain',
        epochs: 1,
        batchSize: 4,
        optimizer: { peak: 1e-3 },
      },
      { dir: place('student') },
    );
    expect(reports).toHaveLength(Math.ceil(linesOf('whole-1').length / 4));
    expect(reports[0]!.num_trained_tokens).toBeGreaterThan(4);
  });

  it('opens the thought that the prompt had opened', async () => {
    const settings = { ...everything(), template: 'r1-zero-prefilled' as const, promptCount: 2 };
    await runStage(reject, { ...settings, filters: { truncated: 'keep' } }, { dir: place('prefilled') });
    for (const { response } of linesOf('prefilled')) expect(response).toMatch(/^<think>/);
  });

  it('fails with the table where nothing is kept', async () => {
    const settings = { ...everything(), minimum: { accuracy: 2 } };
    await expect(runStage(reject, settings, { dir: place('none') })).rejects.toThrow(
      /none of 20 responses is kept:\n[\s\S]*dropped: accuracy/,
    );
  });

  it('refuses an endless source without a count, and both a model and an endpoint', async () => {
    const { promptCount: _, ...endless } = everything();
    await expect(runStage(reject, endless, { dir: place('endless') })).rejects.toThrow(
      /promptCount is missing/,
    );
    const endpoint = { baseUrl: 'http://127.0.0.1:1/v1', model: 'm' };
    expect(reject.schema.safeParse({ ...everything(), endpoint }).error?.issues[0]?.message).toBe(
      'give model or endpoint, one of the two',
    );
    const unnamed = { ...everything(), minimum: { wanted: 1 } };
    expect(reject.schema.safeParse(unnamed).error?.issues[0]?.path).toEqual(['minimum', 'wanted']);
  });
});
