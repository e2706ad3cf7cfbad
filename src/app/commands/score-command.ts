/** @file The options of `aha score`; the work is in score.ts. */
import type { Command } from 'commander';
import { locateCheckpoint } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import { tokenIds } from '../cli/numbers.ts';
import { requireCheckpoint } from '../cli/require-checkpoint.ts';
import { CHECKPOINT, readingPrecisionOption } from './checkpoint-options.ts';
import type { ScoreOptions } from './score.ts';

interface Options extends ScoreOptions {
  readonly json?: boolean;
}

/** Adds `aha score`. */
export function addScore(program: Command, io: Io): void {
  program
    .command('score')
    .description('print how probable a checkpoint finds a text: log-probability of each token and mean loss')
    .argument('<checkpoint>', CHECKPOINT)
    .option('--ids <ids>', 'token ids, such as 5,6,7', tokenIds)
    .option('--text <text>', 'a text, tokenised with the checkpoint’s tokenizer')
    .option('--device <device>', 'auto, cpu, cuda or cuda:<n>', 'auto')
    .addOption(readingPrecisionOption())
    .option('--json', 'print the result as JSON')
    .action(async (checkpoint: string, options: Options) => {
      const { score } = await import('./score.ts');
      const { path } = await locateCheckpoint(checkpoint, io.stderr);
      requireCheckpoint(path, `Name the ${CHECKPOINT}, or a GGUF file.`);
      const result = score(path, options);
      if (options.json) {
        io.stdout.write(`${JSON.stringify(result)}\n`);
        return;
      }
      const lines = result.logprobs.map((value, i) => `${result.tokens[i + 1]}\t${value.toFixed(6)}`);
      io.stdout.write(`token\tlogprob\n${lines.join('\n')}\nloss\t${result.loss.toFixed(6)}\n`);
    });
}
