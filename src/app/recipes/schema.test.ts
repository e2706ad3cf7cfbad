import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keysAt } from './schema.ts';

const schema = z.strictObject({
  steps: z.int(),
  optimizer: z
    .strictObject({ lr: z.number(), betas: z.tuple([z.number(), z.number()]) })
    .prefault({ lr: 1, betas: [0, 1] }),
  rewards: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('format'), weight: z.number() }),
        z.strictObject({ kind: z.literal('length'), target: z.number().optional() }),
      ]),
    )
    .default([]),
  byTask: z.record(z.string(), z.strictObject({ share: z.number() }).nullable()).optional(),
});

describe('keysAt', () => {
  it.each([
    [[], ['steps', 'optimizer', 'rewards', 'byTask']],
    [['optimizer'], ['lr', 'betas']],
    [
      ['rewards', 0],
      ['kind', 'weight', 'target'],
    ],
    [['byTask', 'math'], ['share']],
    [['steps'], []],
    [['optimizer', 'betas', 1], []],
    [['nothing', 'here'], []],
  ])('at %j is %j', (path, keys) => expect(keysAt(schema, path)).toEqual(keys));

  it('of a union, those of the branch that was written', () => {
    expect(keysAt(schema, ['rewards', 1], { rewards: [{}, { kind: 'length', wieght: 1 }] })).toEqual([
      'kind',
      'target',
    ]);
    expect(keysAt(schema, ['rewards', 0], { rewards: [{ kind: 'lenght' }] })).toEqual([
      'kind',
      'weight',
      'target',
    ]);
  });
});
