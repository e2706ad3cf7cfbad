/** @file Artifact of a stage that trained a language model: a checkpoint, and with LoRA the adapter beside it. */
import path from 'node:path';
import { saveAdapter } from './adapter.ts';
import { saveModel } from './checkpoint.ts';
import type { LanguageModel } from './language-model.ts';
import { mergeLora } from './layers/index.ts';

/**
 * Writes the model into `dir`, LoRA additions merged, with the tokenizer of the checkpoint it was trained from.
 *
 * @param base - that checkpoint's folder
 * @param lora - whether the additions alone are written too, into `adapter/`
 */
export async function saveTrained(
  model: LanguageModel,
  dir: string,
  base: string,
  lora: boolean,
): Promise<void> {
  if (lora) await saveAdapter(model, path.join(dir, 'adapter'), base);
  await saveModel(mergeLora(model), dir, { tokenizerFrom: base });
}
