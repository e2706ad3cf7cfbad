/**
 * @file Encoding of each tensor of a GGUF file, chosen by the type of the file.
 *
 * Norms, biases and routers are float32. Q4_K_M mixes: Q4_K, and Q6_K for the head and, in about half of the layers, for the values
 * and for what leads out of the feed-forward block (llama_tensor_get_type in llama.cpp's src/llama-quant.cpp). Rows
 * that are no whole blocks get a wider encoding with smaller blocks, as tensor_type_fallback there gives them.
 */
import { type EncodingName, encodingNamed } from '../../gguf/index.ts';

/** Types of GGUF files that are written. */
export const GGUF_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_k_m'] as const;
export type GgufType = (typeof GGUF_TYPES)[number];

/** `general.file_type`: LLAMA_FTYPE_* in llama.cpp's include/llama.h. */
export const FILE_TYPES: Readonly<Record<GgufType, number>> = {
  f32: 0,
  f16: 1,
  q8_0: 7,
  q4_k_m: 15,
  bf16: 32,
};

/** What takes the place of an encoding whose blocks are too long for a row. */
const NARROWER: { readonly [name in EncodingName]?: EncodingName } = {
  Q4_K: 'Q5_0',
  Q6_K: 'Q8_0',
  Q5_0: 'F16',
  Q8_0: 'F16',
};

export interface TensorPlace {
  /** Name in the GGUF file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the model. */
  readonly layers: number;
  /** Whether the embedding is the head too. */
  readonly tied: boolean;
}

export function encodingFor(type: GgufType, place: TensorPlace): EncodingName {
  if (isAlwaysWide(place)) return 'F32';
  return fitting(wanted(type, place), place.shape.at(-1)!);
}

/** Whether a tensor is float32 in files of every type, as llama.cpp's converter writes it. */
export function isAlwaysWide({ name, shape }: Pick<TensorPlace, 'name' | 'shape'>): boolean {
  return shape.length === 1 || !name.endsWith('.weight') || name.endsWith('.ffn_gate_inp.weight');
}

function wanted(type: GgufType, { name, layers, tied }: TensorPlace): EncodingName {
  if (type !== 'q4_k_m') return type.toUpperCase() as EncodingName;
  if (name === 'output.weight' || (tied && name === 'token_embd.weight')) return 'Q6_K';
  const [, layer, part] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name) ?? [];
  const delicate = part === 'attn_v' || part?.startsWith('ffn_down') === true;
  return delicate && hasMoreBits(Number(layer), layers) ? 'Q6_K' : 'Q4_K';
}

/** The first and the last eighth of the layers, and every third between. */
function hasMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

function fitting(name: EncodingName, row: number): EncodingName {
  if (row % encodingNamed(name).values === 0) return name;
  return fitting(NARROWER[name]!, row);
}
