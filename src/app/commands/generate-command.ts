/** @file The options of `aha generate`; the work is in generate.ts. */
import type { Command } from 'commander';
import { locateCheckpoint } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import { numberOption, tokenIds } from '../cli/numbers.ts';
import { requireCheckpoint } from '../cli/require-checkpoint.ts';
import { CHECKPOINT, readingPrecisionOption } from './checkpoint-options.ts';
import type { GenerateOptions } from './generate.ts';

interface Options extends Omit<GenerateOptions, 'onText' | 'ignoreEos'> {
  readonly ignoreEos?: boolean;
  readonly json?: boolean;
}

/** Adds `aha generate`. */
export function addGenerate(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  program
    .command('generate')
    .description('print a continuation of a prompt')
    .argument('<checkpoint>', CHECKPOINT)
    .option('--ids <ids>', 'the prompt as token ids, such as 5,6,7', tokenIds)
    .option('--prompt <text>', 'the prompt as text, without a template')
    .option(
      '--max-tokens <n>',
      'maximum number of tokens to generate (default: 256, or what the context leaves)',
      count,
    )
    .option('--temperature <t>', '0 takes the most probable token', numberOption({ min: 0 }), 1)
    .option(
      '--top-p <p>',
      'sample from the most probable tokens that make up p',
      numberOption({ above: 0, max: 1 }),
      1,
    )
    .option(
      '--top-k <k>',
      'sample from the k most probable tokens; 0 keeps all',
      numberOption({ integer: true, min: 0 }),
      0,
    )
    .option('--seed <n>', 'the same seed gives the same text', numberOption({ integer: true, min: 0 }), 0)
    .option('--ignore-eos', 'continue after an end-of-sequence token')
    .option('--device <device>', 'auto, cpu, cuda or cuda:<n>', 'auto')
    .addOption(readingPrecisionOption())
    .option('--json', 'print the result as JSON')
    .action(async (checkpoint: string, { json, ignoreEos = false, ...options }: Options) => {
      const { generate } = await import('./generate.ts');
      const { path } = await locateCheckpoint(checkpoint, io.stderr);
      requireCheckpoint(path, `Name the ${CHECKPOINT}, or a GGUF file.`);
      if (json) {
        io.stdout.write(`${JSON.stringify(generate(path, { ...options, ignoreEos }))}\n`);
        return;
      }
      const onText = (text: string) => void io.stdout.write(text);
      const result = generate(path, { ...options, ignoreEos, onText });
      // Without a tokenizer there is no text to have shown.
      io.stdout.write(result.text === '' ? `${result.tokens.join(',')}\n` : '\n');
    });
}
