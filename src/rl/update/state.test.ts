import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { type Module, SigmoidRouter } from '../../models/layers/index.ts';
import { noGrad } from '../../torch/index.ts';
import { Learner, optimizerSchema } from './learner.ts';
import { loadState, saveState } from './state.ts';

let dir: string;
let learner: Learner;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'state-')), 'state');
  learner = new Learner(formulaModel(), optimizerSchema.parse({ peak: 1e-3 }), 10);
});
afterEach(() => learner.dispose());

/** Saves a state after so many steps, whose weights are that number. */
async function save(step: number, more: object = {}): Promise<void> {
  learner.optimizer.steps = step;
  noGrad(() => learner.parameters.values.fill_(step));
  await saveState(dir, learner, { step, ...more });
}

/** What was loaded, and the warnings. */
function load() {
  const warnings: string[] = [];
  const progress = loadState(dir, learner, new Map(), { warn: (_, text) => warnings.push(text) });
  return { progress, warnings, steps: learner.steps, weight: learner.parameters.values.min().item() };
}

const place = (serial: number) => join(dir, `state-${serial}.safetensors`);

function flipBit(file: string, byte: number): void {
  const bytes = readFileSync(file);
  bytes[byte]! ^= 1;
  writeFileSync(file, bytes);
}

it('brings back what no gradient trains too', async () => {
  const gate = new SigmoidRouter(
    { hiddenSize: 2, experts: 4, perToken: 1, normalised: true, groups: 1, groupsPerToken: 1, scale: 1 },
    { dtype: 'float32', device: 'cpu' },
  );
  const own = new Learner<Module>(gate, optimizerSchema.parse({ peak: 1e-3 }), 10);
  noGrad(() => gate.e_score_correction_bias.fill_(0.25));
  await saveState(dir, own, { step: 1 });
  noGrad(() => gate.e_score_correction_bias.fill_(0));
  loadState(dir, own);
  expect(gate.e_score_correction_bias.toArray()).toEqual([0.25, 0.25, 0.25, 0.25]);
  own.dispose();
});

it('brings weights, moments and progress back', async () => {
  expect(loadState(dir, learner)).toBeNull();
  learner.optimizer.steps = 3;
  noGrad(() => learner.optimizer.firstMoment.fill_(0.5));
  const values = learner.parameters.values.toArray();
  await saveState(dir, learner, { step: 3 });
  noGrad(() => {
    learner.parameters.values.fill_(0);
    learner.optimizer.firstMoment.fill_(0);
  });
  learner.optimizer.steps = 0;
  expect(load()).toMatchObject({ progress: { step: 3 }, steps: 3, warnings: [] });
  expect(learner.parameters.values.toArray()).toEqual(values);
  expect(learner.optimizer.firstMoment.min().item()).toBe(0.5);
});

describe('a directory of states', () => {
  it('keeps the last two, also where no optimiser step lies between them', async () => {
    for (const step of [2, 4, 4, 6]) await save(step);
    expect(readdirSync(dir).sort()).toEqual(['state-3.safetensors', 'state-4.safetensors', 'state.json']);
    expect(load()).toEqual({ progress: { step: 6 }, steps: 6, weight: 6, warnings: [] });
  });

  it.each([
    ['truncated', () => truncateSync(place(2), 100), /state-2\.safetensors is 100 bytes long, but was \d+/],
    ['altered in its header', () => flipBit(place(2), 12), /state-2\.safetensors was altered/],
    ['altered in its last byte', () => flipBit(place(2), readFileSync(place(2)).length - 1), /was altered/],
    ['missing', () => rmSync(place(2)), /state-2\.safetensors is missing/],
  ])('falls back to the state before one that is %s, and says so', async (_, damage, message) => {
    await save(2);
    await save(4);
    damage();
    const { warnings, ...found } = load();
    expect(found).toEqual({ progress: { step: 2 }, steps: 2, weight: 2 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(message);
    expect(warnings[0]).toMatch(/going on from the state after 2 optimiser steps/);
    // The damaged state is forgotten: the next one is kept beside the one gone on from.
    expect(load().warnings).toEqual([]);
    await save(5);
    rmSync(place(2));
    expect(load()).toMatchObject({ progress: { step: 2 }, weight: 2 });
  });

  it('refuses by name when all are damaged, every time', async () => {
    await save(2);
    await save(4);
    truncateSync(place(1), 10);
    flipBit(place(2), 200);
    for (const _ of [1, 2]) {
      expect(() => load()).toThrow(/state-2\.safetensors was altered.*\n.*state-1\.safetensors is 10 bytes/);
      expect(() => load()).toThrow(`delete ${dir} to start the stage again`);
    }
    writeFileSync(join(dir, 'state.json'), '{"format": 1, "sta');
    expect(() => load()).toThrow(/state\.json is damaged/);
  });

  it('takes no notice of what a killed process left before it was listed', async () => {
    await save(2);
    writeFileSync(place(2), 'half a st');
    writeFileSync(join(dir, '.state-2.safetensors.0a1b.tmp'), 'ha');
    expect(load()).toMatchObject({ progress: { step: 2 }, warnings: [] });
    await save(4);
    expect(readdirSync(dir).sort()).toEqual(['state-1.safetensors', 'state-2.safetensors', 'state.json']);
    expect(load()).toMatchObject({ progress: { step: 4 }, warnings: [] });
  });

  it('removes what a process that was killed before it could has left', async () => {
    for (const step of [2, 4, 6]) await save(step);
    writeFileSync(place(1), 'an old state');
    await save(8);
    expect(existsSync(place(1))).toBe(false);
  });

  it('checks the files a state names with it', async () => {
    const queue = join(dir, 'ahead-4.jsonl');
    await save(2);
    writeFileSync(queue, '{"index":0}\n');
    await save(4, { ahead: 'ahead-4.jsonl', cursor: 'state.json/..' });
    expect(load()).toMatchObject({ progress: { step: 4 }, warnings: [] });
    flipBit(queue, 3);
    const { progress, warnings } = load();
    expect(progress).toEqual({ step: 2 });
    expect(warnings.join()).toContain(`${queue} was altered`);
  });
});

it('refuses the state of another model or of a stage with other tensors', async () => {
  await save(2);
  const extra = new Map([['reference.w', learner.parameters.values]]);
  expect(() => loadState(dir, learner, extra)).toThrow(/"reference\.w" does not fit this model/);
});
