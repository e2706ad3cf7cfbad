/** @file Writing a command a person can paste into a shell. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';

/** How this program is called here: by its path in a clone, by its name where it is installed. */
export function programName(): string {
  if (!existsSync(join(PACKAGE_ROOT, 'src'))) return 'aha';
  const path = relative(process.cwd(), join(PACKAGE_ROOT, 'bin', 'aha'));
  return path.startsWith('..') ? path : `./${path}`;
}

/** The arguments joined; those a POSIX shell would read otherwise are quoted. */
export function shellCommand(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
