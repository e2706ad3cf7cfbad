/**
 * @file How this program is called here, as a person would type it.
 */
import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ROOT } from './report.mjs';

const INSTALLED = `${sep}node_modules${sep}`;

/**
 * By npx in a project that has this package in its node_modules, by its name where the package is installed for
 * everybody, else by the path of bin/aha. Without --no-install npx could fetch another package of that name.
 * @param {{ root?: string, cwd?: string }} [where] - this package, and the directory the person is in
 * @returns {string} words of a shell
 */
export function programName({ root = ROOT, cwd = process.cwd() } = {}) {
  const program = join(root, 'bin', 'aha');
  // A bundle carries its own Node, for machines that have none.
  if (existsSync(join(root, 'node'))) return `${join(root, 'node')} ${program}`;
  const at = root.indexOf(INSTALLED);
  if (at < 0) {
    const path = relative(cwd, program);
    return path.startsWith('..') ? path : `./${path}`;
  }
  const project = root.slice(0, at);
  return `${cwd}${sep}`.startsWith(`${project}${sep}`) ? 'npx --no-install aha' : 'aha';
}
