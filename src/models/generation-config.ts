/**
 * @file Sampling defaults of a checkpoint: generation_config.json, as transformers writes it.
 *
 * What the file does not say is not guessed: transformers' own defaults (greedy, top k 50) are those of its program, and
 * are no statement about the model. vLLM reads the file the same way.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { readJson } from './config.ts';

export interface GenerationConfig {
  /** 0 is greedy. */
  readonly temperature?: number;
  readonly topP?: number;
  /** 0 keeps all. */
  readonly topK?: number;
}

/** Fields that change what is sampled and are not computed here, with the value that asks for nothing. */
const NOT_COMPUTED: { readonly [field: string]: number | boolean } = {
  min_p: 0,
  repetition_penalty: 1,
  typical_p: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
  no_repeat_ngram_size: 0,
  encoder_repetition_penalty: 1,
  num_beams: 1,
  penalty_alpha: 0,
  renormalize_logits: false,
};

const fileSchema = z.looseObject({
  do_sample: z.boolean().nullish(),
  temperature: z.number().min(0).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  // −1 keeps all, as in vLLM.
  top_k: z.int().min(-1).nullish(),
});

/**
 * The settings of a checkpoint, empty where it has no such file.
 * @param warn - told of fields that ask for what is not computed here
 * @throws UserError naming the field where a value is impossible
 */
export function readGenerationConfig(checkpoint: string, warn: (message: string) => void): GenerationConfig {
  const file = path.join(checkpoint, 'generation_config.json');
  if (!existsSync(file)) return {};
  const read = fileSchema.safeParse(readJson(file, 'Correct the file, or remove it.'));
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = [file, ...issue!.path].join(': ');
    throw new UserError(`${where}: ${issue!.message}`, 'Correct the value, or remove it.');
  }
  const ignored = Object.entries(NOT_COMPUTED).filter(([field, neutral]) => {
    const value = read.data[field];
    return value != null && value !== neutral;
  });
  if (ignored.length > 0) {
    const named = ignored.map(([field]) => `${field} ${JSON.stringify(read.data[field])}`).join(', ');
    warn(`${file}: without effect here: ${named}`);
  }
  const { do_sample, temperature, top_p, top_k } = read.data;
  return {
    ...(do_sample === false ? { temperature: 0 } : temperature != null ? { temperature } : {}),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(top_k == null ? {} : { topK: Math.max(0, top_k) }),
  };
}
