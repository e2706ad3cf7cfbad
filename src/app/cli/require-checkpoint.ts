/** @file Checkpoints as commands name them: a folder or a GGUF file, here or in the package, checked before anything is loaded. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { UsageError } from '../../errors.ts';
import { isGguf } from '../../gguf/index.ts';

/** What PEFT writes of an adapter. */
const ADAPTER = 'adapter_config.json';

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
  if (directory.endsWith('.safetensors') && existsSync(directory)) {
    const folder = path.dirname(directory);
    throw new UsageError(`${directory}: weights alone, not a checkpoint`, `Name its folder, ${folder}.`);
  }
  if (isGguf(directory) && statSync(directory, { throwIfNoEntry: false })?.isFile()) return;
  if (existsSync(path.join(directory, ADAPTER))) {
    const base = baseOf(directory);
    throw new UsageError(
      `${directory}: a LoRA adapter${base === null ? '' : ` of ${base}`}, not a checkpoint (no config.json in it)`,
      `Merge it into ${base === null ? 'its base' : 'that model'} first: \`aha convert ${directory} <new folder> --base <checkpoint>\`.`,
    );
  }
  throw new UsageError(`${directory}: no checkpoint (no config.json in it)`, remedy);
}

/** The model that an adapter belongs to, as PEFT notes it; null where that cannot be read. */
function baseOf(adapter: string): string | null {
  try {
    const keys: unknown = JSON.parse(readFileSync(path.join(adapter, ADAPTER), 'utf8'));
    const { base_model_name_or_path: base } = keys as { readonly base_model_name_or_path?: unknown };
    return typeof base === 'string' && base !== '' ? base : null;
  } catch {
    return null;
  }
}
