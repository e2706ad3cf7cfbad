/** @file The check of a directory or a GGUF file that is to be a checkpoint, before anything is loaded. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../errors.ts';
import { isGguf } from '../../gguf/index.ts';

/**
 * @param remedy - what may be named instead
 * @throws UsageError where there is none
 */
export function requireCheckpoint(directory: string, remedy: string): void {
  if (existsSync(path.join(directory, 'config.json'))) return;
  if (isGguf(directory) && statSync(directory, { throwIfNoEntry: false })?.isFile()) return;
  throw new UsageError(`${directory}: no checkpoint (no config.json in it)`, remedy);
}
