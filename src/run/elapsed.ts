/** @file Running time of a run over all its sessions: `elapsed.json` in the run directory. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeJsonAtomic } from './atomic.ts';

const FILE = 'elapsed.json';

/** Seconds of the sessions that ended before this one; 0 where the file is damaged. */
export function earlierSeconds(dir: string): number {
  return readSeconds(dir) ?? 0;
}

/** The seconds in the file, 0 where there is none; null where it is damaged. */
function readSeconds(dir: string): number | null {
  const file = path.join(dir, FILE);
  if (!existsSync(file)) return 0;
  try {
    const { seconds } = JSON.parse(readFileSync(file, 'utf8')) as { seconds?: unknown };
    return typeof seconds === 'number' && seconds >= 0 ? seconds : null;
  } catch {
    return null;
  }
}

/** Counts the seconds from now on. */
export interface Clock {
  /** The file of earlier sessions cannot be read: their seconds are not counted. */
  readonly damaged: boolean;
  /** Writes the sum with the earlier seconds, and returns it. */
  end(): Promise<number>;
}

export function startClock(dir: string): Clock {
  const start = performance.now();
  return {
    damaged: readSeconds(dir) === null,
    end: async () => {
      const seconds = earlierSeconds(dir) + (performance.now() - start) / 1000;
      // A run directory that was removed is not made again for it.
      if (existsSync(dir)) await writeJsonAtomic(path.join(dir, FILE), { seconds });
      return seconds;
    },
  };
}
