/**
 * @file SmolLM3: llama with layers that have no positions (NoPE; arXiv 2501.18795), every fourth unless `no_rope_layers` says
 * otherwise. Where a window is asked for, the layers without positions have it.
 *
 * Weight names: those of llama. In `no_rope_layers` 1 is a layer that has positions, as in transformers.
 */
import { z } from 'zod';
import { configFileSchema } from '../config-file.ts';
import type { DecoderVariant } from '../decoder-config.ts';

const fileSchema = configFileSchema.extend({
  rope_theta: z.number().positive().default(2_000_000),
  tie_word_embeddings: z.boolean().default(true),
  no_rope_layers: z.array(z.union([z.literal(0), z.literal(1)])).nullish(),
  no_rope_layer_interval: z.number().int().positive().default(4),
});

const schema = fileSchema.transform((file) => {
  const { no_rope_layers: given, no_rope_layer_interval: interval, num_hidden_layers: length } = file;
  const no_rope_layers = given ?? Array.from({ length }, (_, layer) => Number((layer + 1) % interval !== 0));
  return { ...file, no_rope_layers, layer_types: file.layer_types ?? typesOf(file, no_rope_layers) };
});

/** On request, the layers without positions have a window. */
function typesOf(
  { use_sliding_window: used, sliding_window: window }: z.output<typeof fileSchema>,
  ropeLayers: readonly number[],
): string[] | undefined {
  if (!used || window == null) return undefined;
  return ropeLayers.map((has) => (has === 1 ? 'full_attention' : 'sliding_attention'));
}

export const smollm3: DecoderVariant<z.output<typeof schema>> = {
  modelType: 'smollm3',
  className: 'SmolLM3ForCausalLM',
  schema,
  windows: { onRequest: true, missing: null, slides: () => false },
  defaults: { maxPositions: 32_768 },
  problem: ({ no_rope_layers: { length }, num_hidden_layers: layers }) =>
    length < layers ? `no_rope_layers: ${length} entries for ${layers} layers` : null,
  parts: (file) => ({
    qkvBias: file.attention_bias,
    outputBias: file.attention_bias,
    mlpBias: file.mlp_bias,
    qkNorm: null,
    ropeLayers: file.no_rope_layers.slice(0, file.num_hidden_layers).map((has) => has === 1),
  }),
  keys: ({ qkvBias, mlpBias, ropeLayers }) => ({
    attention_bias: qkvBias,
    mlp_bias: mlpBias,
    no_rope_layers: ropeLayers!.map(Number),
  }),
  // It leaves out the positions of every fourth layer, whatever the file says.
  gguf: {
    name: 'smollm3',
    paired: true,
    biases: [],
    freeHeads: true,
    factors: false,
    problem: ({ ropeLayers }) =>
      ropeLayers!.every((has, layer) => has === ((layer + 1) % 4 !== 0))
        ? null
        : 'the choice of no_rope_layers',
  },
};
