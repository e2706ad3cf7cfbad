/** @file The check of a directory that is to hold a checkpoint, before anything is loaded. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../errors.ts';

/**
 * @param remedy - what may be named instead
 * @throws UsageError where there is none
 */
export function requireCheckpoint(directory: string, remedy: string): void {
  if (existsSync(path.join(directory, 'config.json'))) return;
  throw new UsageError(`${directory}: no checkpoint (no config.json in it)`, remedy);
}
