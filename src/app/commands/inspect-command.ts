/** @file The options of `aha inspect`; the work is in inspect.ts. */
import { type Command, Option } from 'commander';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import type { InspectOptions } from './inspect.ts';

interface Options extends InspectOptions {
  readonly json?: boolean;
}

/** Adds `aha inspect`. */
export function addInspect(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  program
    .command('inspect')
    .description('print what a checkpoint is: architecture, parameters, tensors, and the memory it takes')
    .argument(
      '<checkpoint>',
      'directory of a checkpoint, a config.json alone, a GGUF file, or a name on the hub, of which no weights are downloaded',
    )
    .option('--batch <n>', 'rows that are read or trained together, for the memory', count, 8)
    .option('--context <n>', 'tokens of each row, for the memory (default: 4096, or the model’s)', count)
    .option('--recompute', 'count training with activations computed again, as the setting recompute does')
    .addOption(
      new Option(
        '--device <device>',
        'cpu or cuda, which need not be here (default: a GPU that is here, else cpu)',
      ).choices(['cpu', 'cuda']),
    )
    .option('--json', 'print all figures as JSON')
    .action(async (checkpoint: string, options: Options) => {
      const { describe, inspect } = await import('./inspect.ts');
      const found = await inspect(checkpoint, options, io.stderr);
      io.stdout.write(options.json ? `${JSON.stringify(found)}\n` : `${describe(found)}\n`);
    });
}
