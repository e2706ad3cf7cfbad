/**
 * @file One set-up at a time in a package directory: a second one waits, then finds its work done.
 */
import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_MISSING, ROOT, SetupError, say } from './report.mjs';

/**
 * Runs `work` while holding build/setup.lock. A lock whose process has ended is taken over.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(work) {
  const build = join(ROOT, 'build');
  const lock = join(build, 'setup.lock');
  makeBuild(build);
  let announced = false;
  while (!tryLock(lock)) {
    const holder = readHolder(lock);
    if (holder !== null && !isAlive(holder)) {
      discard(lock, holder);
      continue;
    }
    if (!announced && holder !== null) say(`another set-up is running (process ${holder}); waiting for it`);
    announced = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** A package that another user installed, for all users of a machine, may not be writable. @param {string} build */
function makeBuild(build) {
  try {
    mkdirSync(build, { recursive: true });
    accessSync(build, constants.W_OK);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const remedy =
      'Give this command as the owner of that folder, or install the package in a folder of your own.';
    throw new SetupError(
      `${build} cannot be written (${code}): the addon is built there.`,
      remedy,
      EXIT_MISSING,
    );
  }
}

/** A lock that appears with its content already inside, so that no reader sees it empty.
 * @param {string} lock */
function tryLock(lock) {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {string} lock @returns {number | null} */
function readHolder(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** Moves a dead process's lock away; puts it back if meanwhile it had become another's.
 * @param {string} lock @param {number} holder */
function discard(lock, holder) {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (readHolder(aside) !== holder) {
    try {
      linkSync(aside, lock);
    } catch {
      // A third process has locked in between; the one we disturbed is no worse off than before the lock existed.
    }
  }
  rmSync(aside, { force: true });
}
