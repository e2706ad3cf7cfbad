/** Where the reference values lie that other people's software computed; tests that need them say so when absent. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** `AHA_REFERENCE`, else `shared/reference` beside the repository. */
export const referenceDir =
  process.env.AHA_REFERENCE ?? path.resolve(import.meta.dirname, '../../shared/reference');

export const hasReference = existsSync(referenceDir);

/** For the title of a suite: why it is skipped, or nothing. */
export const unlessReference = hasReference ? '' : ' (skipped: no reference values; set AHA_REFERENCE)';
