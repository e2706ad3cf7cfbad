/** @file The process that runs the engine: one pair comes in, one outcome goes out. `pool.ts` starts and ends it. */
import { compareByEngine } from './engine.ts';

/** What the pool asks. */
export interface Task {
  readonly reference: string;
  readonly answer: string;
}

function answer(task: Task): void {
  let outcome: string;
  try {
    outcome = compareByEngine(task.reference, task.answer);
  } catch {
    // The engine throws on numbers too large for it, and on its own defects: the pair is not settled.
    outcome = 'unknown';
  }
  process.send?.(outcome);
}

process.on('message', answer);
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
