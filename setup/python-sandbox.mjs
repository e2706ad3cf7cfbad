/** @file Requirements of the Python sandbox: bubblewrap and CPython. They are optional. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { installOptional, searchPath } from './optional-packages.mjs';
import { ROOT } from './report.mjs';

const TRIED = join(ROOT, 'build', 'python-sandbox.tried');
/** Where the sandbox looks for CPython (src/grading/sandbox/bubblewrap.ts). */
const PYTHONS = ['/usr/bin', '/usr/local/bin'];

/**
 * Installs the Debian packages of the Python sandbox that are missing, or says what to do.
 * @param {{ programs?: readonly string[], pythons?: readonly string[], root?: boolean, tried?: string }} [where] -
 *   directories of programs, those of CPython, whether packages may be installed, and the file that notes a try: this
 *   process's own unless given
 */
export async function installPythonSandbox({
  programs = searchPath(),
  pythons = PYTHONS,
  tried = TRIED,
  ...rest
} = {}) {
  const missing = () => [
    ...(has('bwrap', programs) ? [] : ['bubblewrap']),
    ...(has('python3', pythons) ? [] : ['python3']),
  ];
  const without = 'so the reward `code` cannot run Python programs';
  await installOptional({ missing, without, tried, programs, ...rest });
}

/** @param {string} program @param {readonly string[]} directories */
function has(program, directories) {
  return directories.some((directory) => {
    try {
      accessSync(join(directory || '/', program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
