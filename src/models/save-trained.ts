/** @file Artifact of a stage that trained a language model: a checkpoint, and with LoRA the adapter beside it. */
import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { saveAdapter } from './adapter.ts';
import { type SaveOptions, saveModel } from './checkpoint.ts';
import type { LanguageModel } from './language-model.ts';
import { isQuantised, mergeLora } from './layers/index.ts';
import { withMergedWeights } from './merged-weights.ts';

/** Questions for the chat page, which a model that learnt from another answers too. */
const EXAMPLES = 'examples.json';

/** How a trained model is written: see SaveOptions. */
export interface SaveTrainedOptions extends Pick<SaveOptions, 'dtype' | 'exact'> {
  /** Folder of the checkpoint it was trained from. */
  readonly base: string;
  /** Whether the additions alone are written too, into `adapter/`. */
  readonly lora: boolean;
}

/**
 * Writes the model into `dir`, LoRA additions merged, with the tokenizer and the example questions of the checkpoint it was
 * trained from. The additions over a quantised base are merged into the weights of that checkpoint, and the model stays as
 * it is; any other is merged itself.
 */
export async function saveTrained(
  model: LanguageModel,
  dir: string,
  { base, lora, dtype = model.dtype, exact }: SaveTrainedOptions,
): Promise<void> {
  if (lora) await saveAdapter(model, path.join(dir, 'adapter'), base);
  const options = { tokenizerFrom: base, dtype };
  if (isQuantised(model)) {
    await withMergedWeights(model, base, (shapes, values) =>
      saveModel(shapes, dir, { ...options, source: (name) => values(name)! }),
    );
  } else {
    await saveModel(mergeLora(model, dtype), dir, { ...options, ...(exact && { exact }) });
  }
  const examples = path.join(base, EXAMPLES);
  if (existsSync(examples)) copyFileSync(examples, path.join(dir, EXAMPLES));
}
