/** @file The options of `aha run`; the work is in run.ts, which loads libtorch. */
import { type Command, Option } from 'commander';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import { precisionOption } from './checkpoint-options.ts';
import type { Engine, RunCommandOptions } from './run.ts';

/** Machines, or GPUs of one. */
const COUNT = { min: 1, max: 100_000, integer: true };

/** Adds `aha run`. A test may give another engine. */
export function addRun(program: Command, io: Io, engine?: () => Promise<Engine>): void {
  program
    .command('run')
    .description('run a recipe, stage by stage')
    .argument('<recipe>', 'recipe file (.ts, .js or .json)')
    .option('--set <path=value>', 'change a setting, e.g. R1-Zero.steps=10; repeatable', collect)
    .option('--out <dir>', 'run directory (default: runs/<recipe>-<date>-<time>)')
    .option('--resume', 'continue the run in --out, or the newest run of this recipe')
    .addOption(
      new Option('--overwrite', 'start again in a run directory that is not empty').conflicts('resume'),
    )
    .option('--only <stages>', 'run only these stages, e.g. Dev3,R1; the artifacts they read must exist')
    .addOption(
      new Option(
        '--redo <stages>',
        'run these stages again, then continue the run; with --only, no other stages',
      ).conflicts('overwrite'),
    )
    .option(
      '--max-minutes <minutes>',
      'stop after so many minutes: finish the step, save, and exit with status 75; --resume goes on',
      numberOption({ above: 0 }),
    )
    .option('--dry-run', 'print the resolved recipe and what it will cost, and stop')
    .option('--nodes <count>', 'with --dry-run: plan the run on so many machines', numberOption(COUNT))
    .option('--gpus <count>', 'GPUs of a machine of the plan (default: 8)', numberOption(COUNT))
    .option('--gpu-type <card>', 'the card of the plan: h200 (default), h100, h800, b200, a100, l40s')
    .option('--network <Gbit/s>', 'network of the plan for each GPU', numberOption({ above: 0 }))
    .option('--gpu-price <dollars>', 'price of a GPU for an hour in the plan', numberOption({ above: 0 }))
    .option('--device <device>', 'auto, cpu, cuda or cuda:<n>; sets the recipe’s device')
    .addOption(precisionOption())
    .option(
      '--nproc <n>',
      'start n processes that compute together, each on its share of the cores or a GPU of its own',
      numberOption({ min: 1, integer: true }),
    )
    .option(
      '--rank-timeout <minutes>',
      'how long processes that compute together wait for one another (default: 10)',
      numberOption({ above: 0 }),
    )
    .option('--json', 'print events as JSON lines')
    .action(async (recipe: string, options: RunCommandOptions) => {
      if (options.nproc !== undefined && options.dryRun !== true) {
        const { launchRanks, ownCommand, startsRanks } = await import('./run-ranks.ts');
        const { nproc: count } = options;
        const { env } = process;
        if (startsRanks(count, env)) return launchRanks({ command: ownCommand(), count, env }, io);
      }
      const { runCommand } = await import('./run.ts');
      await runCommand(recipe, options, io, engine);
    });
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
