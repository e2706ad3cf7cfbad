/** @file The options of `aha convert`; the work is in convert.ts. */
import { type Command, Option } from 'commander';
import { locateCheckpoint } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import type { ConvertOptions } from './convert.ts';

interface Options extends ConvertOptions {
  readonly json?: boolean;
}

/** GGUF_TYPES of models/, which loads libtorch. */
const TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_k_m'];

/** Adds `aha convert`. */
export function addConvert(program: Command, io: Io): void {
  program
    .command('convert')
    .description(
      'turn a GGUF file into a Hugging Face folder, or a checkpoint into a GGUF file with its Modelfile; merge a LoRA adapter',
    )
    .argument(
      '<checkpoint>',
      'a GGUF file, the directory of a checkpoint, or either by its name on the hub (hf:owner/name); with --base an adapter',
    )
    .argument('<out>', 'the new directory, or the new file, which ends with .gguf')
    .addOption(
      new Option('--to <form>', 'gguf, or hf for a folder (default: what the checkpoint is not)').choices([
        'gguf',
        'hf',
      ]),
    )
    .addOption(
      new Option('--type <type>', 'of the weights (default: f32, f16 or bf16, without loss)').choices(TYPES),
    )
    .option('--base <checkpoint>', 'merge the adapter into this checkpoint, as a Hugging Face folder')
    .option('--overwrite', 'replace a checkpoint that is there already')
    .option('--json', 'print the figures as JSON')
    .action(async (checkpoint: string, out: string, options: Options) => {
      const { convert } = await import('./convert.ts');
      const { path, label } = await locateCheckpoint(checkpoint, io.stderr);
      const warn = (message: string): void => void io.stderr.write(`aha: warning: ${message}\n`);
      const { base, ...others } = options;
      const given = {
        ...others,
        ...(base !== undefined && { base: (await locateCheckpoint(base, io.stderr)).path }),
        ...(label !== undefined && { name: label }),
      };
      const { line, figures } = await convert(path, out, given, warn);
      io.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${line}\n`);
    });
}
