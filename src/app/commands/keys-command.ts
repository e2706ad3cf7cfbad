/** @file The options of `aha keys`; the work is in keys.ts. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import type { KeyOptions, NewKeyOptions } from './keys.ts';

const FILE = ['--file <file>', 'the keys file', 'keys.json'] as const;

/** A date or a time, as ISO 8601 writes them. */
function when(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('Expected a date or time such as 2026-12-31 or 2026-12-31T18:00Z.');
}

/** Adds `aha keys`. */
export function addKeys(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  const keys = program.command('keys').description('create, list and remove the API keys of aha serve');
  keys
    .command('add')
    .description('create a key and print it once; the file stores only its hash')
    .argument('<name>', 'name of the key, shown in logs')
    .option(...FILE)
    .option('--requests-per-minute <n>', 'maximum number of requests a minute', count)
    .option(
      '--tokens-per-minute <n>',
      'maximum number of tokens a minute, prompts and replies together',
      count,
    )
    .option('--concurrent <n>', 'maximum number of concurrent requests', count)
    .option('--expires <when>', 'date or time from which the key is refused', when)
    .option('--json', 'print the key as JSON')
    .action(async (name: string, options: NewKeyOptions) => {
      const { addKey } = await import('./keys.ts');
      await addKey(name, options, io);
    });
  keys
    .command('list')
    .description('show names and limits')
    .option(...FILE)
    .option('--json', 'print them as JSON')
    .action(async (options: KeyOptions) => {
      const { listKeys } = await import('./keys.ts');
      listKeys(options, io);
    });
  keys
    .command('remove')
    .description('remove a key; a running server refuses it within a second')
    .argument('<name>', 'name of the key')
    .option(...FILE)
    .option('--json', 'print the result as JSON')
    .action(async (name: string, options: KeyOptions) => {
      const { removeKey } = await import('./keys.ts');
      await removeKey(name, options, io);
    });
}
