import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StageDefinition } from '../../run/stage.ts';
import { parseOverride } from './overrides.ts';
import { recipeToJson } from './recipe.ts';
import { resolveRecipe } from './resolve.ts';

const rl = {
  kind: 'rl',
  schema: z.strictObject({
    stage: z.literal('rl'),
    name: z.string(),
    model: z.string(),
    steps: z.int().min(1),
    optimizer: z
      .strictObject({ lr: z.number().default(1), beta: z.number().default(0.9) })
      .default({ lr: 2, beta: 0.8 }),
    rewards: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('format'), weight: z.number().default(1) }),
          z.strictObject({ kind: z.literal('length'), target: z.int() }),
        ]),
      )
      .default([]),
    loss: z.enum(['grpo', 'ppo']).default('grpo'),
    limit: z.union([z.literal('auto'), z.int()]).default('auto'),
  }),
  estimate: async () => ({}),
  run: async () => {},
} satisfies StageDefinition;
const sft = {
  ...rl,
  kind: 'sft',
  schema: z.strictObject({
    stage: z.literal('sft'),
    name: z.string(),
    data: z.array(z.string()).default([]),
  }),
} satisfies StageDefinition;

const zero = { stage: 'rl', name: 'Zero', model: 'models/base', steps: 90 };
const cold = { stage: 'sft', name: 'Cold', data: ['@Zero', 'x.jsonl'] };
const recipe = (...stages: object[]) => ({ name: 'r1', stages });

const resolve = (written: unknown, ...sets: string[]) =>
  resolveRecipe(written, { definitions: [rl, sft], overrides: sets.map(parseOverride), origin: 'r1.ts' });
const failure = (written: unknown, ...sets: string[]) => {
  try {
    resolve(written, ...sets);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('no failure');
};

describe('resolveRecipe', () => {
  it('fills in every default', () => {
    expect(recipeToJson(resolve(recipe(zero, cold)))).toEqual({
      name: 'r1',
      seed: 0,
      device: 'auto',
      precision: 'auto',
      stages: [
        { ...zero, optimizer: { lr: 2, beta: 0.8 }, rewards: [], loss: 'grpo', limit: 'auto' },
        { stage: 'sft', name: 'Cold', data: ['@Zero', 'x.jsonl'] },
      ],
    });
  });

  it('is a fixed point: the resolved recipe resolves to itself', () => {
    const once = resolve(recipe(zero, cold));
    expect(resolve(recipeToJson(once))).toEqual(once);
    const exact = resolve({ ...recipe(zero), deterministic: true });
    expect(exact.deterministic).toBe(true);
    expect(resolve(recipeToJson(exact))).toEqual(exact);
  });

  it('does not change what was written', () => {
    const written = recipe(zero);
    resolve(written, 'Zero.steps=3');
    expect(written).toEqual(recipe({ ...zero, steps: 90 }));
  });

  it('lists all problems at once', () => {
    const wrong = {
      stage: 'rl',
      name: 'Zero',
      steps: 'ninety',
      optimiser: { lr: 1 },
      loss: 'grp',
      limit: 'none',
    };
    const message = failure(recipe(wrong, { stage: 'sfd', name: 'Cold' }, { ...cold, data: ['@Zeroo'] }));
    expect(message.split('\n')).toEqual([
      'r1.ts: 8 problems',
      '  Zero.model: is missing: expected string',
      '  Zero.steps: "ninety": expected number',
      '  Zero.loss: "grp": expected "grpo" or "ppo"',
      '  Zero.limit: "none": expected "auto", or expected number',
      '  Zero.optimiser: unknown key (value {"lr":1}); did you mean "optimizer"?',
      '  Cold.stage: "sfd": no such kind; did you mean "sft"?',
      '  Cold.name: "Cold": another stage has this name',
      '  Cold.data.0: "@Zeroo": no stage has this name; did you mean "Zero"?',
    ]);
  });

  it.each([
    [recipe({ ...zero, rewards: [{ kind: 'lenght', target: 3 }] }), 'Zero.rewards.0.kind: "lenght": '],
    [
      recipe({ ...zero, rewards: [{ kind: 'length', traget: 3 }] }),
      'Zero.rewards.0.traget: unknown key (value 3); did you mean "target"?',
    ],
    [recipe({ ...cold, data: ['@Cold'] }), '"@Cold": this stage does not come before it'],
    [{ ...recipe(zero), sead: 3 }, 'sead: unknown key (value 3); did you mean "seed"?'],
    [{ ...recipe(zero), seed: -1 }, 'seed: -1: '],
    [{ ...recipe(zero), device: 'gpu' }, 'device: "gpu": expected auto, cpu, cuda or cuda:<number>'],
    [{ ...recipe(zero), deterministic: 'yes' }, 'deterministic: "yes": expected boolean'],
    [
      { ...recipe(zero), reading: [{ better: 'Zero', worse: 'x', text: '' }] },
      'reading.0.better: "Zero": no evaluation has this name',
    ],
    [{ ...recipe(zero), deterministic: 1 }, 'deterministic: 1: expected boolean'],
    [{ ...recipe(zero), name: '../x' }, 'name: "../x": expected letters'],
    [recipe({ ...zero, name: 'a.b' }), 'a.b.name: "a.b": expected letters'],
    [recipe({ ...zero, name: 'seed' }), 'seed.name: "seed": this is a key of the recipe'],
    [recipe({ ...zero, name: 'tensorboard' }), '"tensorboard": a run directory has a file of this name'],
    [recipe({ ...zero, name: 'Lock' }), '"Lock": a run directory has a file of this name'],
    [recipe(), 'stages: []: '],
    [undefined, 'r1.ts: exports undefined'],
    [[], 'r1.ts: exports []'],
  ])('refuses %j', (written, message) => expect(failure(written)).toContain(message));
});

describe('resolveRecipe with overrides', () => {
  const config = (...sets: string[]) =>
    resolve(recipe(zero, cold), ...sets).stages[0]!.config as Record<string, unknown>;

  it.each([
    ['Zero.steps=3', { steps: 3 }],
    ['stages.Zero.steps=3', { steps: 3 }],
    ['stages.0.steps=3', { steps: 3 }],
    ['Zero.model=models/other', { model: 'models/other' }],
    ['Zero.model="3"', { model: '3' }],
    ['Zero.rewards=[{"kind":"format"}]', { rewards: [{ kind: 'format', weight: 1 }] }],
  ])('%s', (set, expected) => expect(config(set)).toMatchObject(expected));

  it('keeps the other defaults of a group', () => {
    expect(config('Zero.optimizer.lr=1e-4').optimizer).toEqual({ lr: 1e-4, beta: 0.8 });
  });

  it('applies in order, and to the recipe itself', () => {
    const rewards = ['Zero.rewards=[{"kind":"format"}]', 'Zero.rewards.0.weight=0.5'];
    expect(config(...rewards).rewards).toEqual([{ kind: 'format', weight: 0.5 }]);
    expect(resolve(recipe(zero), 'seed=3', 'seed=4').seed).toBe(4);
  });

  it.each([
    ['Zero.stepz=3', 'Zero.stepz: unknown key (value 3); did you mean "steps"?  (--set Zero.stepz=3)'],
    ['Zero.steps=many', 'Zero.steps: "many": expected number  (--set Zero.steps=many)'],
    ['stages.0.name=Cold', 'Cold.name: "Cold": another stage has this name  (--set stages.0.name=Cold)'],
    ['Zero.name=Nought', '"@Zero": no stage has this name; there is "Nought"  (--set Zero.name=Nought)'],
    ['Zro.steps=3', 'no key and no stage of this recipe is called "Zro"\n  Did you mean "Zero"?'],
    ['stages.Zro.steps=3', 'stages has 2 elements and none called "Zro"\n  Did you mean "Zero"?'],
    ['stages.2.steps=3', 'stages has 2 elements and none called "2"'],
    ['Zero.rewards.0.weight=1', 'stages.0.rewards has 0 elements'],
    ['seed.x=1', 'seed: {"x":1}: expected number'],
    ['Zero.steps.x=1', 'stages.0.steps is 90, which has no "x"'],
    ['sed=1', 'Did you mean "seed"?'],
    ['seed', 'not of the form path=value'],
    ['=1', 'not of the form path=value'],
    ['a..b=1', 'not of the form path=value'],
    ['Zero.__proto__.x=1', 'not of the form path=value'],
    ['Zero.constructor.x=1', 'Zero.constructor: unknown key'],
  ])('%s is refused', (set, message) => expect(failure(recipe(zero, cold), set)).toContain(message));
});
