/** Every architecture in every stage; a few pairs of them in `npm test`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/models/index.ts';
import type { StageDefinition } from '../../src/run/stage.ts';
import { stageDefinitions } from '../../src/stages/registry.ts';
import { sampleOf } from '../support/long.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-stages-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const prompts = [{ task: 'chain' }];
const sampling = { maxTokens: 6, maxRows: 8 };
const optimizer = { peak: 1e-3 };

/** The least that each stage does, from a checkpoint of an architecture. */
const SETTINGS: Readonly<Record<string, (model: string, architecture: string) => object>> = {
  pretrain: (_, model_type) => ({
    model: { ...TINY_CONFIG, model_type },
    steps: 2,
    rowLength: 48,
    rowsPerStep: 2,
    optimizer,
  }),
  sft: (model) => ({
    model,
    template: 'plain',
    data: [{ source: 'cold-start', count: 8 }],
    epochs: 1,
    batchSize: 4,
    optimizer,
  }),
  'reward-model': (model) => ({
    model,
    kind: 'pairwise',
    reads: 'answer',
    template: 'plain',
    data: [{ source: 'world-pairs', count: 16 }],
    heldOut: 0.25,
    epochs: 1,
    batchSize: 8,
    optimizer,
  }),
  rl: (model) => ({
    model,
    template: 'plain',
    prompts,
    rewards: { length: {} },
    steps: 2,
    promptsPerStep: 2,
    // Enough responses that some end by themselves: were all equally long, nothing would be learnt.
    groupSize: 16,
    sampling: { maxTokens: 24 },
    optimizer,
  }),
  reject: (model) => ({
    model,
    template: 'plain',
    prompts,
    promptCount: 2,
    samples: 2,
    minimum: { accuracy: null, format: null },
    filters: { truncated: 'keep' },
    sampling,
  }),
  evaluate: (checkpoint) => ({
    checkpoint,
    template: 'plain',
    prompts,
    greedyProblems: 2,
    problems: 2,
    samples: 2,
    sampling,
  }),
};

const PAIRS = [...ARCHITECTURES.keys()].flatMap((architecture) =>
  stageDefinitions.map((stage) => ({ architecture, kind: stage.kind, stage: stage as StageDefinition })),
);

it('has settings for every stage', () => {
  expect(Object.keys(SETTINGS).sort()).toEqual(stageDefinitions.map(({ kind }) => kind).sort());
});

describe('an architecture in a stage', () => {
  it.each(sampleOf(PAIRS, 5))('$architecture in $kind', async ({ architecture, kind, stage }) => {
    const dir = path.join(root, `${architecture}-${kind}`);
    const checkpoint = await writeTinyCheckpoint(`${dir}-model`, 0, { model_type: architecture });
    const settings = { stage: kind, name: kind, ...SETTINGS[kind]!(checkpoint, architecture) };
    const { reports, warnings } = await runStage(stage, settings, { dir });
    for (const value of reports.flatMap((report) => Object.values(report)))
      expect(value).toBeTypeOf('number');
    expect(reports.flatMap((report) => Object.values(report)).every(Number.isFinite)).toBe(true);
    expect(warnings.join()).not.toContain('NaN');
    if (kind === 'reject' || kind === 'evaluate') return;
    const { model_type: written } = JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8')) as {
      model_type: string;
    };
    expect(written).toBe(architecture);
    const weights = (of: string) => readFileSync(path.join(of, 'model.safetensors'));
    expect(weights(dir).equals(weights(checkpoint))).toBe(false);
  });
});
