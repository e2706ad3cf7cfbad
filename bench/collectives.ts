/**
 * @file What it costs ranks of this machine to exchange vectors of float32.
 *
 *   npm run bench -- collectives [ranks…]
 */
import { fileURLToPath } from 'node:url';
import { launchRanks } from '../src/app/commands/run-ranks.ts';

const PROGRAM = fileURLToPath(new URL('./collectives-rank.ts', import.meta.url));

/** Prints a table for each number of ranks: 2 unless given. */
export async function collectives(...counts: string[]): Promise<void> {
  for (const count of counts.length > 0 ? counts.map(Number) : [2]) {
    const command = [process.execPath, '--import', 'tsx', PROGRAM] as const;
    await launchRanks({ command: [...command], count, env: process.env }, process);
  }
}
