/** @file Checkpoints as commands name them: a folder or a GGUF file, here or in the package, checked before anything is loaded. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { UsageError } from '../../errors.ts';
import { isGguf } from '../../gguf/index.ts';

/**
 * A checkpoint as it is named: a path here, or else one of the package's own, such as models/tiny-base.
 * @param tell - told of one that is the package's
 */
export function findCheckpoint(
  named: string,
  tell: (text: string) => void = () => undefined,
  packageRoot: string = PACKAGE_ROOT,
): string {
  const packaged = path.join(packageRoot, named);
  const isOwn = existsSync(named) || path.resolve(named) === packaged;
  if (isOwn || path.isAbsolute(named) || !existsSync(path.join(packaged, 'config.json'))) return named;
  tell(`${named} is not here: this is the package's, ${packaged}`);
  return packaged;
}

/**
 * @param remedy - what may be named instead
 * @throws UsageError where there is none
 */
export function requireCheckpoint(directory: string, remedy: string): void {
  if (existsSync(path.join(directory, 'config.json'))) return;
  if (isGguf(directory) && statSync(directory, { throwIfNoEntry: false })?.isFile()) return;
  if (existsSync(path.join(directory, 'adapter_config.json'))) {
    throw new UsageError(
      `${directory}: a LoRA adapter, not a checkpoint (no config.json in it)`,
      'Merge it into its model first: loadAdapter and saveModel of the package do.',
    );
  }
  throw new UsageError(`${directory}: no checkpoint (no config.json in it)`, remedy);
}
