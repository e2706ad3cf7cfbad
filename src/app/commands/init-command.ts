/** @file The options of `aha init`; the work is in app/init, which loads libtorch. */
import { type Command, Option } from 'commander';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import type { InitOptions } from '../init/index.ts';

interface Options extends InitOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Adds `aha init`. */
export function addInit(program: Command, io: Io): void {
  program
    .command('init')
    .description('write a recipe, a reward and a README for your own model and task, sized for this machine')
    .argument('[dir]', 'folder to write (default: my-task)')
    .option('--model <checkpoint>', 'a folder, a GGUF file, or a name on the hub such as hf:Qwen/Qwen3-0.6B')
    .option(
      '--task <file|family>',
      'questions and answers (.jsonl, .csv, .parquet), or a family of docs/tasks.md',
    )
    .option('--test <file>', 'held-out questions (default: one in ten of the file)')
    .option('--question <column>', 'column with the question (default: prompt, question, problem …)')
    .option('--answer <column>', 'column with the answer (default: answer, solution, target …)')
    .addOption(
      new Option('--hardware <kind>', 'what to size it for (default: the GPU, where there is one)').choices([
        'auto',
        'cpu',
        'gpu',
      ]),
    )
    .option(
      '--memory <GiB>',
      'memory to plan for; with --hardware gpu, of one that need not be here',
      numberOption({ above: 0 }),
    )
    .option('--yes', 'ask nothing, also at a terminal')
    .option('--force', 'overwrite files of an earlier aha init')
    .option('--json', 'ask nothing; print what was written and its cost as JSON')
    .action(async (dir: string | undefined, options: Options) => {
      const { askAtTerminal, describeWritten, init } = await import('../init/index.ts');
      const isAsked = io.stdin?.isTTY === true && !options.yes && !options.json;
      const ask = isAsked ? askAtTerminal(io) : null;
      try {
        const written = await init(dir ?? null, options, ask, io);
        io.stdout.write(options.json ? `${JSON.stringify(written)}\n` : describeWritten(written));
      } finally {
        ask?.close();
      }
    });
}
