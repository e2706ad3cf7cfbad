/** Precision is a setting of every stage that computes, with one schema. */
import { describe, expect, it } from 'vitest';
import { keysAt } from '../app/recipes/schema.ts';
import { PRECISIONS } from '../precision.ts';
import { checkpointPrecisionSchema, precisionSchema } from '../rl/settings.ts';
import { stageDefinitions } from './registry.ts';

const WRITE_MODELS = ['pretrain', 'sft', 'reward-model', 'rl'];

describe('the settings of a stage', () => {
  it.each(stageDefinitions.map(({ kind, schema }) => [kind, schema] as const))(
    '%s has precision',
    (kind, schema) => {
      const keys = keysAt(schema, []);
      expect(keys).toContain('precision');
      expect(keys.includes('checkpointPrecision')).toBe(WRITE_MODELS.includes(kind));
    },
  );

  it('take the four precisions, auto unless given, and nothing else', () => {
    expect(precisionSchema.parse(undefined)).toBe('auto');
    for (const precision of PRECISIONS) expect(precisionSchema.parse(precision)).toBe(precision);
    for (const wrong of ['float32', 'bfloat16', 'fp16', '', null, 16]) {
      expect(precisionSchema.safeParse(wrong).success).toBe(false);
      expect(checkpointPrecisionSchema.safeParse(wrong).success).toBe(false);
    }
    expect(checkpointPrecisionSchema.parse(undefined)).toBeUndefined();
    expect(checkpointPrecisionSchema.safeParse('tf32').success).toBe(false);
  });
});
