/** @file Running time of a run over all its sessions: `elapsed.json` in the run directory. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeJsonAtomic } from './atomic.ts';

const FILE = 'elapsed.json';

/** Seconds of the sittings that ended before this one. */
export function earlierSeconds(dir: string): number {
  const file = path.join(dir, FILE);
  if (!existsSync(file)) return 0;
  return (JSON.parse(readFileSync(file, 'utf8')) as { seconds: number }).seconds;
}

/** Counts the seconds from now on; `end` writes the sum with the earlier ones, and returns it. */
export function startClock(dir: string): { end: () => Promise<number> } {
  const start = performance.now();
  return {
    end: async () => {
      const seconds = earlierSeconds(dir) + (performance.now() - start) / 1000;
      await writeJsonAtomic(path.join(dir, FILE), { seconds });
      return seconds;
    },
  };
}
