/**
 * @file A lock file: one process at a time works in a run directory. The lock of a process that has ended is taken
 * over; process ids are told apart from reused ones by the time the process started.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { UserError } from '../errors.ts';

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process in clock ticks since boot (Linux), null where the system does not tell. */
  readonly started: string | null;
}

/**
 * Takes the lock at `path` and returns the function that gives it back.
 *
 * @throws UserError when a living process, or one on another machine, holds it, and when what is there cannot be read
 */
export function takeLock(path: string): () => void {
  const taken = take(path);
  if (typeof taken === 'string') throw inUse(path, taken);
  return taken;
}

/** As takeLock, but null when another holds it. */
export function tryLock(path: string): (() => void) | null {
  const taken = take(path);
  return typeof taken === 'string' ? null : taken;
}

/** The function that gives the lock back, or what the lock of another holder says. */
function take(path: string): (() => void) | string {
  const own: Holder = { pid: process.pid, host: hostname(), started: startTime(process.pid) };
  const text = JSON.stringify(own);
  while (!place(path, text)) {
    const held = readHolder(path);
    if (held === null) continue;
    if (!isGone(held)) return held;
    moveAway(path, held);
  }
  return () => {
    try {
      if (read(path) === text) rmSync(path, { force: true });
    } catch {
      // A disk that became read-only: the lock of a process that has ended is taken over.
    }
  };
}

/** Puts a lock in place with its content inside, unless there is one. */
function place(path: string, text: string): boolean {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  writeFileSync(temporary, text);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Removes a stale lock. Another process may be doing the same: what was moved is looked at before it is dropped. */
function moveAway(path: string, stale: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = read(aside);
  rmSync(aside, { force: true });
  if (moved !== null && moved !== stale) place(path, moved);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The text of a lock; null where it has just been given back. Another kind of file would be waited for for ever. */
function readHolder(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (code === 'ENOENT' && !isLink) return null;
    throw new UserError(
      `${path}: no lock that can be read (${isLink ? 'a symbolic link to nothing' : (cause as Error).message})`,
      `If no other process works in this run directory, delete ${path}; or use another directory.`,
      { cause },
    );
  }
}

function parse(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return null;
  }
}

/** Whether the process that wrote this lock has certainly ended. */
function isGone(text: string): boolean {
  const holder = parse(text);
  if (holder === null) return true;
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return holder.started !== null && holder.started !== startTime(holder.pid);
}

/** Field 22 of /proc/<pid>/stat; the fields before it may hold spaces only inside the parentheses of field 2. */
function startTime(pid: number): string | null {
  const line = read(`/proc/${pid}/stat`);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function inUse(path: string, text: string): UserError {
  const holder = parse(text);
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new UserError(
    `${path}: ${who} is working in this run directory`,
    `Wait for it or use another directory; if it has ended for certain, delete ${path}.`,
  );
}
