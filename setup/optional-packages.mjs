/**
 * @file Packages of the operating system that one part alone needs. The set-up never fails for them: they are installed
 * with apt-get if allowed, otherwise the command is printed.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { capture, say } from './report.mjs';

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
const AGAIN_MS = 24 * 60 * 60 * 1000;

/**
 * Installs the Debian packages that are missing, or says what to do.
 * @param {object} what
 * @param {() => readonly string[]} what.missing - names of the packages that are not there
 * @param {string} what.without - what does not work without them: "so …"
 * @param {string} what.tried - a file that notes a try. It is tried again a day later: a start without a network does
 *   not wait
 * @param {readonly string[]} [what.programs] - directories of programs
 * @param {boolean} [what.root] - whether packages may be installed
 */
export async function installOptional({
  missing,
  without,
  tried,
  programs = searchPath(),
  root = process.getuid?.() === 0,
}) {
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
  say(`${left.join(' and ')} not found, ${without}; all else works`);
  say(`to have it: ${byHand(left, apt)}`);
}

/** Directories in which programs are looked for. */
export function searchPath() {
  return (process.env.PATH ?? '').split(delimiter).concat('/usr/bin');
}

/** @param {string} tried */
function isRecent(tried) {
  const found = statSync(tried, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs < AGAIN_MS;
}

/** @param {readonly string[]} names @param {boolean} apt */
function byHand(names, apt) {
  const list = names.join(' ');
  return apt
    ? `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}`
    : `install ${names.join(' and ')} with your package manager`;
}
