/** The processes of models that this one has started. */
import { readdirSync, readFileSync } from 'node:fs';

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
