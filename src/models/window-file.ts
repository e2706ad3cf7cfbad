/**
 * @file Sliding-window attention in config.json: which layers look back over the last tokens only, and how far.
 *
 * `layer_types` names the kind of each layer. Files without it say it by `max_window_layers`: the layers from that one on
 * have the window, as in Qwen2 and Qwen3. The keys are kept as they were read and written back the same.
 */
import { z } from 'zod';

const count = z.number().int().positive();

/** The keys of config.json. */
export const windowSchema = {
  use_sliding_window: z.boolean().nullish(),
  sliding_window: count.nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
};

/** What transformers assumes where a key is missing. */
const MISSING = { window: 4096, maxWindowLayers: 28 };

/** The keys as a file has them; those it lacks are undefined. */
export interface WindowKeys {
  readonly use_sliding_window?: boolean | null | undefined;
  readonly sliding_window?: number | null | undefined;
  readonly max_window_layers?: number | null | undefined;
  readonly layer_types?: readonly string[] | null | undefined;
}

/** The window's keys of a file; where it says nothing, that there is no window. */
export function windowKeysOf(file: WindowKeys): WindowKeys {
  const names = Object.keys(windowSchema) as (keyof WindowKeys)[];
  const given = names.map((name) => [name, file[name]] as const).filter(([, value]) => value !== undefined);
  return { use_sliding_window: false, ...Object.fromEntries(given) };
}

/**
 * What a model cannot compute of these keys, as a message, or null.
 * @param sliding - whether the architecture has a window at all
 */
export function windowProblem(keys: WindowKeys, layers: number, sliding: boolean): string | null {
  const { use_sliding_window: used, sliding_window: window, layer_types: types } = keys;
  const windowed = used && window !== null;
  const known = sliding ? ['full_attention', 'sliding_attention'] : ['full_attention'];
  if (used && !sliding) return 'use_sliding_window: true is not supported by this architecture';
  if (types == null) return null;
  const other = types.find((type) => !known.includes(type));
  if (other !== undefined) return `layer_types: "${other}" is not supported (only ${known.join(', ')})`;
  if (types.length !== layers) return `layer_types: ${types.length} entries for ${layers} layers`;
  if (!windowed && types.includes('sliding_attention'))
    return 'layer_types: "sliding_attention" without use_sliding_window: true and a sliding_window';
  return null;
}

/**
 * How many tokens each layer looks back over, the one it reads included; null for all. An architecture whose layers all have
 * the window of `sliding_window` (Mistral) adds `use_sliding_window: true` and `max_window_layers: 0` to its file.
 */
export function windowsOf(keys: WindowKeys, layers: number): (number | null)[] {
  const { sliding_window = MISSING.window, max_window_layers } = keys;
  const window = keys.use_sliding_window ? sliding_window : null;
  const first = max_window_layers ?? MISSING.maxWindowLayers;
  return Array.from({ length: layers }, (_, layer) => {
    const type = keys.layer_types?.[layer];
    const slides = type === undefined ? layer >= first : type === 'sliding_attention';
    return slides ? window : null;
  });
}
