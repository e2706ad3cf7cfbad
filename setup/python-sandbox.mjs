/**
 * @file Requirements of the Python sandbox: bubblewrap and CPython. They are optional, so the set-up never fails for
 * them: installed with apt-get if allowed, otherwise the command is printed.
 */
import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { capture, ROOT, say } from './report.mjs';

/** Without a network, apt-get is not waited for. An installation that has begun is never cut off. */
const APT = [
  '-o',
  'Acquire::Retries=0',
  '-o',
  'Acquire::http::Timeout=10',
  '-o',
  'Acquire::https::Timeout=10',
];
const UPDATE_MS = 60_000;
/** Says that an installation was tried, and when. It is tried again a day later: a start without a network does not wait. */
const TRIED = join(ROOT, 'build', 'python-sandbox.tried');
const AGAIN_MS = 24 * 60 * 60 * 1000;
/** Where the sandbox looks for CPython (src/grading/sandbox/bubblewrap.ts). */
const PYTHONS = ['/usr/bin', '/usr/local/bin'];

/**
 * Installs the Debian packages of the Python sandbox that are missing, or says what to do.
 * @param {{ programs?: readonly string[], pythons?: readonly string[], root?: boolean, tried?: string }} [where] -
 *   directories of programs, those of CPython, whether packages may be installed, and the file that notes a try: this
 *   process's own unless given
 */
export async function installPythonSandbox({
  programs = (process.env.PATH ?? '').split(delimiter).concat('/usr/bin'),
  pythons = PYTHONS,
  root = process.getuid?.() === 0,
  tried = TRIED,
} = {}) {
  const missing = () => [
    ...(has('bwrap', programs) ? [] : ['bubblewrap']),
    ...(has('python3', pythons) ? [] : ['python3']),
  ];
  const names = missing();
  if (names.length === 0 || isRecent(tried)) return;
  const env = { ...process.env, PATH: programs.join(delimiter), DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (await capture('apt-get', ['--version'], { env })).code === 0;
  if (apt && root) {
    say(`${names.join(' and ')} not found: apt-get install -y ${names.join(' ')}`);
    // Lists may be old or absent; what is wrong with them shows when a package is not found.
    await capture('apt-get', ['update', '-qq', ...APT], { env, timeoutMs: UPDATE_MS });
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...APT, ...names];
    await capture('apt-get', install, { env });
  }
  const left = missing();
  if (left.length === 0) return;
  mkdirSync(dirname(tried), { recursive: true });
  writeFileSync(tried, `${left.join(' ')}\n`);
  say(`${left.join(' and ')} not found, so the reward \`code\` cannot run Python programs; all else works`);
  say(`to have it: ${byHand(left, apt)}`);
}

/** @param {string} tried */
function isRecent(tried) {
  const found = statSync(tried, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs < AGAIN_MS;
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

/** @param {readonly string[]} names @param {boolean} apt */
function byHand(names, apt) {
  const list = names.join(' ');
  return apt
    ? `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}`
    : `install ${names.join(' and ')} with your package manager`;
}
