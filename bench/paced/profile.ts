/** @file CPU profiles of the processes of a benchmark, from when they are ready to when they end. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';

/** The folder that profiles are written into; unset: none are. */
export const PROFILE_VARIABLE = 'PACED_PROFILE';

/** Begins a profile of this process where one is asked for; `<name>.cpuprofile` is written when it exits. */
export function profiled(name: string): void {
  const folder = process.env[PROFILE_VARIABLE];
  if (folder === undefined) return;
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (_error, { profile }) => {
      writeFileSync(path.join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
    });
  });
}
