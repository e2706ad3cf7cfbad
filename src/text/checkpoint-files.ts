/** @file The tokenizer's files of a checkpoint, be it a folder or a GGUF file. */
import { isGguf, readGgufMetadata } from '../gguf/index.ts';
import { ggufTokenizerFiles } from './gguf/read.ts';
import { readTokenizerFolder, type TokenizerFiles } from './tokenizer-files.ts';

/**
 * The files in a folder, or those that a GGUF file stands for.
 * @throws UserError when a folder has no `tokenizer.json`, UsageError naming what is wrong in a GGUF file
 */
export function readTokenizerFiles(checkpoint: string): TokenizerFiles {
  if (!isGguf(checkpoint)) return readTokenizerFolder(checkpoint);
  return ggufTokenizerFiles(readGgufMetadata(checkpoint));
}
