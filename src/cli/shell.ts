/** @file Writing a command a person can paste into a shell. */

/** The arguments joined; those a POSIX shell would read otherwise are quoted. */
export function shellCommand(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
