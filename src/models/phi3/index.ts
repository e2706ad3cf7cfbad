/**
 * @file Phi-3 and Phi-4 (arXiv 2404.14219): llama with queries, keys and values in one weight and gate and up in another, a
 * window in every layer or in none, and in Phi-4-mini partial rotary positions.
 *
 * Weight names: `model.layers.N.self_attn.{qkv,o}_proj.weight`, `mlp.{gate_up,down}_proj.weight`, norms as in llama.
 */
import { z } from 'zod';
import { configFileSchema } from '../config-file.ts';
import type { DecoderVariant } from '../decoder-config.ts';
import { type RopeFile, ropeSchema, ropeSource } from '../rope-file.ts';
import { everyWindow } from '../window-file.ts';

const share = z.number().positive().max(1);

/** Old files call `longrope` by the names of its first versions. */
const LONGROPE = ['su', 'yarn'];

const rope = ropeSchema
  .extend({ partial_rotary_factor: share.optional() })
  .transform(({ partial_rotary_factor, ...own }) => {
    const type = own.rope_type ?? own.type;
    const renamed = type !== undefined && LONGROPE.includes(type) ? { rope_type: 'longrope' } : {};
    const settings: RopeFile = { ...own, ...renamed };
    return { partial_rotary_factor, own: settings };
  });

const schema = configFileSchema
  .extend({
    rms_norm_eps: z.number().positive().default(1e-5),
    original_max_position_embeddings: z.number().int().positive().default(4096),
    partial_rotary_factor: share.optional(),
    rope_parameters: rope.nullish(),
    rope_scaling: rope.nullish(),
  })
  .transform(({ rope_parameters: newer, rope_scaling: older, ...file }) => ({
    ...file,
    rope_parameters: newer?.own,
    rope_scaling: older?.own,
    partial_rotary_factor: (newer ?? older)?.partial_rotary_factor ?? file.partial_rotary_factor ?? 1,
  }));

type File = z.output<typeof schema>;

/** transformers has no other scaling for this architecture. */
function problem(file: File): string | null {
  const { key, rope: own } = ropeSource(file);
  const type = own.rope_type ?? own.type ?? 'default';
  if (type === 'default' || type === 'longrope') return null;
  return `${key}: rope type "${type}" is not supported by this architecture (only default, longrope)`;
}

export const phi3: DecoderVariant<File> = {
  modelType: 'phi3',
  className: 'Phi3ForCausalLM',
  schema,
  windows: everyWindow(null),
  defaults: { maxPositions: 4096 },
  problem,
  parts: (file) => ({
    qkvBias: false,
    outputBias: false,
    mlpBias: false,
    qkNorm: null,
    fused: true,
    rotaryFactor: file.partial_rotary_factor,
  }),
  keys: ({ rope: own, rotaryFactor }) => ({
    partial_rotary_factor: rotaryFactor!,
    ...(own.type === 'longrope' && { original_max_position_embeddings: own.originalMaxPositions! }),
  }),
  gguf: {
    name: 'phi3',
    paired: false,
    biases: [],
    freeHeads: false,
    factors: false,
    partial: true,
    keys: ({ metadata }, headDim) => ({
      original_max_position_embeddings: metadata.count('phi3.rope.scaling.original_context_length') ?? 4096,
      partial_rotary_factor: (metadata.count('phi3.rope.dimension_count') ?? headDim) / headDim,
      sliding_window: metadata.count('phi3.attention.sliding_window') || null,
    }),
  },
};
