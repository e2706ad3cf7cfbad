/** @file Writing a command a person can paste into a shell. */
import { programName } from '../../../setup/status.mjs';

/** A command of this program, called as it is called here. */
export function programCommand(args: readonly string[]): string {
  return `${programName()} ${shellCommand(args)}`;
}

/** The arguments joined; those a POSIX shell would read otherwise are quoted. */
export function shellCommand(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
