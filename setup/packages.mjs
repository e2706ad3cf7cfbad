/**
 * @file The npm packages of a clone: `npm ci` when node_modules is not what package-lock.json says.
 *
 * npm keeps its own account of what it installed (node_modules/.package-lock.json), so the two are compared and no
 * stamp of ours can be wrong. A package installed from a registry has no lock of its own and is left alone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, ROOT, say } from './report.mjs';

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean, dev?: boolean }> }} Lock */

/** Installs what package-lock.json names, when it is not installed already. */
export async function installPackages() {
  const lockPath = join(ROOT, 'package-lock.json');
  if (!existsSync(lockPath) || !existsSync(join(ROOT, 'src'))) return;
  if (isInstalled(readLock(lockPath), readLock(join(ROOT, 'node_modules', '.package-lock.json')))) return;
  say('installing the npm packages (npm ci)');
  await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    remedy:
      'Check the network and the npm registry setting (npm config get registry), then run `npm ci` by hand.',
  });
}

/**
 * Whether every package the lock names is installed in that version; optional ones (other platforms) may be missing.
 * @param {Lock | null} wanted
 * @param {Lock | null} installed
 */
export function isInstalled(wanted, installed) {
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed.packages[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

/** @param {string} path @returns {Lock | null} */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
