import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startTimeLimit } from './time-limit.ts';

/** Blocks the event loop as a pass of a model does. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('startTimeLimit', () => {
  it('ends what takes longer, and not what has ended', async () => {
    const events: string[] = [];
    const end = startTimeLimit(1, () => events.push('ended in time'));
    end();
    await new Promise<void>((resolve) => {
      startTimeLimit(30, () => {
        events.push('late');
        resolve();
      });
    });
    expect(events).toEqual(['late']);
  });

  it('does not count the time in which a process could not be heard', async () => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    let late = false;
    const end = startTimeLimit(900, () => {
      late = true;
    });
    block(1200);
    await once(child, 'close');
    end();
    expect(late).toBe(false);
  });
});
