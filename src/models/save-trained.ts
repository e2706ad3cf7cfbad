/** @file Artifact of a stage that trained a language model: a checkpoint, and with LoRA the adapter beside it. */
import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { saveAdapter } from './adapter.ts';
import { saveModel } from './checkpoint.ts';
import type { LanguageModel } from './language-model.ts';
import { mergeLora } from './layers/index.ts';

/** Questions for the chat page, which a model that learnt from another answers too. */
const EXAMPLES = 'examples.json';

/**
 * Writes the model into `dir`, LoRA additions merged, with the tokenizer and the example questions of the checkpoint it was
 * trained from.
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
  const examples = path.join(base, EXAMPLES);
  if (existsSync(examples)) copyFileSync(examples, path.join(dir, EXAMPLES));
}
