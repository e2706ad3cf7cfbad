/** @file The options of `aha verify`; the work is in verify.ts. */
import type { Command } from 'commander';
import type { Io } from '../cli/io.ts';

interface Options {
  readonly json?: boolean;
  readonly jsonl?: string;
}

/** Adds `aha verify`. */
export function addVerify(program: Command, io: Io): void {
  program
    .command('verify')
    .description('say whether the answer of a response is the reference: true, false, or null')
    .argument('[reference]', 'the right answer, such as "\\frac{1}{2}"')
    .argument('[response]', 'a response, or its answer alone')
    .option('--jsonl <file>', 'pairs {"reference", "response"}, one a line; - reads them from stdin')
    .option('--json', 'print {"verdict": …} for a single pair, as --jsonl does for each')
    // A negative number or a formula that begins with a minus is an argument, not an option.
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nnull: the reference cannot be read. Exit status: 0 when verdicts were given, 2 for wrong usage or input.',
    )
    .action(
      async (_reference: string | undefined, _response: string | undefined, options: Options, command) => {
        const { verify } = await import('./verify.ts');
        await verify((command as Command).args, options, io.stdout);
      },
    );
}
