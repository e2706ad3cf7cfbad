/** @file `aha fetch`: downloads models and data by name into the cache, and prints where they are. */
import type { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import type { Io } from '../cli/io.ts';

interface Options {
  readonly dataset?: boolean;
  readonly revision?: string;
  readonly json?: boolean;
}

/** Adds `aha fetch`. */
export function addFetch(program: Command, io: Io): void {
  program
    .command('fetch')
    .description('download models or data from the Hugging Face hub into its cache, and print their paths')
    .argument('<names...>', 'names such as Qwen/Qwen3-0.6B, or with --dataset openai/gsm8k/main/train')
    .option('--dataset', 'the names are data sets, each with its configuration and split')
    .option('--revision <revision>', 'branch, tag or commit, as @revision behind a name (default: main)')
    .option('--json', 'print a line of JSON for each name')
    .action(async (names: string[], options: Options) => {
      const [{ fetchShown, lookUp }, { formatHubName, parseHubName }] = await Promise.all([
        import('../cli/hub.ts'),
        import('../../remote/hub/index.ts'),
      ]);
      const kind = options.dataset ? 'dataset' : 'model';
      for (const text of names.map((name) => withRevision(name, options.revision))) {
        const plan = await lookUp(parseHubName(text, kind), io.stderr);
        const path = await fetchShown(plan, io.stderr);
        const { bytes } = plan;
        const name = formatHubName(plan.name);
        const files = plan.files.map((file) => file.path);
        io.stdout.write(options.json ? `${JSON.stringify({ name, path, bytes, files })}\n` : `${path}\n`);
      }
    });
}

function withRevision(name: string, revision: string | undefined): string {
  if (revision === undefined) return name;
  if (!name.includes('@')) return `${name}@${revision}`;
  throw new UsageError(`${name} has a revision, and --revision gives another`, 'Give one of the two.');
}
