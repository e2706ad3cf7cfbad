/**
 * @file OLMo 3: olmo2 with a window in three of four layers. The rotary scaling is that of the layers without one.
 *
 * Weight names: those of olmo2.
 */
import { z } from 'zod';
import { configFileSchema } from '../config-file.ts';
import type { DecoderVariant } from '../decoder-config.ts';
import { hasWindow, olmoGguf, olmoParts } from '../olmo2/index.ts';
import { nestedRopeKeys, nestedRopeSchema, nestedRopes } from '../rope-file.ts';
import { periodicWindows } from '../window-file.ts';

const schema = configFileSchema.extend({
  rms_norm_eps: z.number().positive().default(1e-5),
  rope_theta: z.number().positive().default(500_000),
  rope_parameters: nestedRopeSchema,
});

export const olmo3: DecoderVariant<z.output<typeof schema>> = {
  modelType: 'olmo3',
  className: 'Olmo3ForCausalLM',
  schema,
  windows: periodicWindows(4),
  defaults: { maxPositions: 2048 },
  ropes: (file) => nestedRopes(file),
  parts: olmoParts,
  keys: ({ qkvBias, rope, localRope }) => ({ attention_bias: qkvBias, ...nestedRopeKeys(rope, localRope!) }),
  gguf: {
    ...olmoGguf(),
    windows: { period: 4 },
    isOf: hasWindow,
    problem: ({ localRope, rope }) =>
      localRope!.type === 'default' && localRope!.theta === rope.theta
        ? null
        : 'the θ or scaling of the layers with a window',
  },
};
