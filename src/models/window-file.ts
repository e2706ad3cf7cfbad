/**
 * @file Sliding-window attention in config.json: which layers look back over the last tokens only, and how far.
 *
 * `layer_types` names the kind of each layer. What a file without it means depends on the architecture: see WindowRule. The
 * keys are kept as they were read and written back the same.
 */
import { z } from 'zod';

const count = z.number().int().positive();

/** The keys of config.json. */
export const windowSchema = {
  use_sliding_window: z.boolean().nullish(),
  sliding_window: count.nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
  /** Of old files of Gemma 3: every so many layers one has no window. */
  sliding_window_pattern: count.nullish(),
};

/** The keys as a file has them; those it lacks are undefined. */
export interface WindowKeys {
  readonly use_sliding_window?: boolean | null | undefined;
  readonly sliding_window?: number | null | undefined;
  readonly max_window_layers?: number | null | undefined;
  readonly layer_types?: readonly string[] | null | undefined;
  readonly sliding_window_pattern?: number | null | undefined;
}

/** Which layers of an architecture have a window, and how long it is. */
export interface WindowRule {
  /** Windows are there only where the file has `use_sliding_window: true`. */
  readonly onRequest: boolean;
  /** What transformers assumes where the file has no `sliding_window`; null for no window. */
  readonly missing: number | null;
  /** There must be a window, since its layers differ in more than that. */
  readonly required?: boolean;
  /** Whether a layer has the window, by a file without `layer_types`. */
  slides(keys: WindowKeys, layer: number): boolean;
}

/** Qwen2 and Qwen3: on request, the layers from `max_window_layers` on. */
export const upperWindows: WindowRule = {
  onRequest: true,
  missing: 4096,
  slides: ({ max_window_layers: first }, layer) => layer >= (first ?? 28),
};

/** Qwen3-MoE: on request, every layer. */
export const requestedWindow: WindowRule = { onRequest: true, missing: 4096, slides: () => true };

/** Mistral and Phi-3: every layer. @param missing - see WindowRule */
export function everyWindow(missing: number | null): WindowRule {
  return { onRequest: false, missing, slides: () => true };
}

/** Gemma 3 and OLMo 3: all but every `period`-th layer. */
export function periodicWindows(period: number): WindowRule {
  return {
    onRequest: false,
    missing: 4096,
    required: true,
    slides: ({ sliding_window_pattern: own }, layer) => (layer + 1) % (own ?? period) !== 0,
  };
}

/** The window's keys of a file; where it says nothing, that there is no window. */
export function windowKeysOf(file: WindowKeys, { onRequest }: WindowRule): WindowKeys {
  const names = Object.keys(windowSchema) as (keyof WindowKeys)[];
  const given = names.map((name) => [name, file[name]] as const).filter(([, value]) => value !== undefined);
  return { ...(onRequest && { use_sliding_window: false }), ...Object.fromEntries(given) };
}

function windowOf(keys: WindowKeys, { onRequest, missing }: WindowRule): number | null {
  if (onRequest && !keys.use_sliding_window) return null;
  return keys.sliding_window === undefined ? missing : keys.sliding_window;
}

/**
 * What a model cannot compute of these keys, as a message, or null.
 * @param rule - null for an architecture without windows
 */
export function windowProblem(keys: WindowKeys, layers: number, rule: WindowRule | null): string | null {
  const { use_sliding_window: used, layer_types: types } = keys;
  const window = rule === null ? null : windowOf(keys, rule);
  const known = rule === null ? ['full_attention'] : ['full_attention', 'sliding_attention'];
  if (used && rule === null) return 'use_sliding_window: true is not supported by this architecture';
  if (rule?.required && window === null) return 'sliding_window: null is not supported by this architecture';
  if (types == null) return null;
  const other = types.find((type) => !known.includes(type));
  if (other !== undefined) return `layer_types: "${other}" is not supported (only ${known.join(', ')})`;
  if (types.length !== layers) return `layer_types: ${types.length} entries for ${layers} layers`;
  if (window !== null || !types.includes('sliding_attention')) return null;
  const missing = rule?.onRequest ? 'use_sliding_window: true and a sliding_window' : 'a sliding_window';
  return `layer_types: "sliding_attention" without ${missing}`;
}

/** How many tokens each layer looks back over, the one it reads included; null for all. */
export function windowsOf(keys: WindowKeys, layers: number, rule: WindowRule | null): (number | null)[] {
  const window = rule === null ? null : windowOf(keys, rule);
  return Array.from({ length: layers }, (_, layer) => {
    const type = keys.layer_types?.[layer];
    const slides = type === undefined ? rule?.slides(keys, layer) : type === 'sliding_attention';
    return slides ? window : null;
  });
}
