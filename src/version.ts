/** @file The package's name and version. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../setup/status.mjs';

const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};

/** What programs import; the command is `aha`. */
export const PACKAGE_NAME = manifest.name;
export const VERSION = manifest.version;
