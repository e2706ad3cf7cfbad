/** The processes of models that this one has started, and waiting for what they do. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Their process ids. */
export function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return (
          parent === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('process/child')
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** @throws Error where it does not hold in time */
export async function until(holds: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > timeoutMs) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}
