/** @file `aha setup`: what setup/set-up.mjs does, as a command. bin/aha does it without this file where dist/ is missing. */
import type { Command } from 'commander';
import { SetupError, sayOn, setUp } from '../../../setup/status.mjs';
import { UserError } from '../../errors.ts';
import type { Io } from '../cli/io.ts';

/** Adds `aha setup`. A test may give another set-up. */
export function addSetup(program: Command, io: Io, work: typeof setUp = setUp): void {
  program
    .command('setup')
    .description('install libtorch and build the addon, or say what to install; does nothing that is done')
    .option('--json', 'print what was built as JSON, and the steps on stderr')
    .action(async ({ json = false }: { json?: boolean }) => {
      sayOn(json ? io.stderr : io.stdout);
      try {
        const ready = await work();
        if (json) io.stdout.write(`${JSON.stringify(ready)}\n`);
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        throw new UserError(error.what, error.remedy.replaceAll('\n', '\n  '), {
          exitCode: error.exitCode,
          cause: error,
        });
      }
    });
}
