/** @file The tokenizer of a pre-training: that of a folder, of the checkpoint to go on from, or of the small world. */
import path from 'node:path';
import { asUsageError, placedError, UsageError, UserError } from '../../errors.ts';
import { STATE } from '../../run/artifact.ts';
import type { StageContext } from '../../run/stage.ts';
import { Tokenizer } from '../../text/index.ts';
import { worldTokenizer, writeWorldTokenizer } from '../../world/index.ts';
import { type PretrainConfig, WORLD } from './config.ts';

const REMEDY = 'Make one of your text with `aha tokenizer train FILES --vocab-size N --out FOLDER`.';

/**
 * The folder of the tokenizer; the small world's is written.
 * @throws UsageError where there is no such folder
 */
export function prepareTokenizer(
  config: PretrainConfig,
  context: Pick<StageContext, 'dir' | 'resolve'>,
): string {
  if (config.tokenizer !== WORLD) return folderOf(config, context.resolve);
  const dir = path.join(context.dir, STATE, 'tokenizer');
  // Written again when the stage is resumed: it may have been cut short.
  writeWorldTokenizer(dir);
  return dir;
}

/** The tokenizer, without writing any file. Throws as `prepareTokenizer` and `loadTokenizer` do. */
export function findTokenizer(config: PretrainConfig, resolve: StageContext['resolve']): Tokenizer {
  return config.tokenizer === WORLD ? worldTokenizer() : loadTokenizer(folderOf(config, resolve));
}

function folderOf({ tokenizer, model }: PretrainConfig, resolve: StageContext['resolve']): string {
  if (tokenizer === undefined) return resolve(model as string);
  try {
    return resolve(tokenizer);
  } catch (cause) {
    throw cause instanceof UsageError ? asUsageError(placedError(cause, 'tokenizer: ', REMEDY)) : cause;
  }
}

/** @throws UsageError for a folder without a tokenizer, or with one that names no end token */
export function loadTokenizer(dir: string): Tokenizer {
  try {
    const tokenizer = Tokenizer.load(dir);
    // Read for its error: documents end in this token.
    void tokenizer.eosId;
    return tokenizer;
  } catch (cause) {
    throw cause instanceof UserError ? asUsageError(placedError(cause, 'tokenizer: ', REMEDY)) : cause;
  }
}

/**
 * A token without an embedding would be an index out of range in the middle of a step.
 * @param rows - embeddings of the model
 */
export function requireVocabulary(
  tokenizer: Tokenizer,
  rows: number,
  { model }: Pick<PretrainConfig, 'model'>,
): void {
  if (tokenizer.vocabSize <= rows) return;
  throw new UsageError(
    `model.vocab_size: ${rows}, but the tokenizer has ${tokenizer.vocabSize} tokens`,
    typeof model === 'string'
      ? `Leave \`tokenizer\` out to take that of ${model}, or give one of at most ${rows} tokens.`
      : `Set model.vocab_size to ${tokenizer.vocabSize} or more.`,
  );
}
