/** @file tar, as a process whose streams are read and written here. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../../errors.ts';

/** A running tar. */
export interface Tar {
  readonly tar: ChildProcessWithoutNullStreams;
  /** Its exit status; null where a signal ended it. Rejects with a UserError where there is no tar. */
  readonly ended: Promise<number | null>;
}

export function startTar(args: readonly string[]): Tar {
  const tar = spawn('tar', args);
  const ended = once(tar, 'close').then(
    ([status]) => status as number | null,
    (cause: Error) => {
      const what = `tar cannot be started: ${cause.message}`;
      throw new UserError(what, 'Install it: apt-get install tar', { cause });
    },
  );
  return { tar, ended };
}
