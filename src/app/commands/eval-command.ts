/** @file The options of `aha eval` and `aha report`; the work is in eval.ts and report.ts. */
import { type Command, Option } from 'commander';
import { PROMPT_TEMPLATES } from '../../text/index.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import { dtypeOption } from './checkpoint-options.ts';
import type { EvalOptions } from './eval-target.ts';
import type { ReportFormat } from './report.ts';

/** Adds `aha eval`. */
export function addEval(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  program
    .command('eval')
    .description('measure a checkpoint, or a model behind an endpoint, as the DeepSeek-R1 paper does')
    .argument('<checkpoint>', 'directory of the checkpoint, or the address of an OpenAI-compatible API')
    .requiredOption('--bench <names...>', 'benchmarks, such as aime-2024 math-500 gpqa-diamond chain')
    .option('--data <path>', 'directory with the benchmarks’ files, or the file of the one benchmark', 'data')
    .option('--k <n>', 'samples of each problem (default: the paper’s; 16 where it states none)', count)
    .option('--problems <n>', 'ask only so many problems (default: all; 128 of a generated task)', count)
    .option('--level <n>', 'difficulty of a generated task', count)
    .option('--temperature <t>', '0 takes the most probable token', numberOption({ min: 0 }), 0.6)
    .option(
      '--top-p <p>',
      'sample from the most probable tokens that make up p',
      numberOption({ above: 0, max: 1 }),
      0.95,
    )
    .option(
      '--max-tokens <n>',
      'longest response (default: 32768, or what the model’s context leaves)',
      count,
    )
    .option(
      '--seed <n>',
      'of sampling, choice of problems and order of options',
      numberOption({ integer: true, min: 0 }),
      0,
    )
    .addOption(
      new Option('--template <name>', 'how questions are put (default: the model’s own)').choices(
        PROMPT_TEMPLATES,
      ),
    )
    .option('--rows <n>', 'responses decoded together; lower it to save memory', count, 64)
    .option('--device <device>', 'auto, cpu, cuda or cuda:<n>', 'auto')
    .addOption(dtypeOption())
    .option('--label <name>', 'name of the model in reports')
    .option('--model <name>', 'name of the model in requests to an endpoint')
    .option('--api-key-env <name>', 'environment variable that holds the endpoint’s key')
    .option('--concurrency <n>', 'requests in flight at once', count, 8)
    .option(
      '--spend-limit <dollars>',
      'stop before the endpoint’s tokens cost more',
      numberOption({ above: 0 }),
    )
    .option('--token-limit <n>', 'stop before the endpoint has read and sampled more tokens', count)
    .option(
      '--prices <file>',
      'prices by model: {"name": {"input": …, "output": …}}, dollars per million tokens',
    )
    .option('--timeout <seconds>', 'for one request as a whole', numberOption({ above: 0 }), 3600)
    .option('--compare <dir>', 'another evaluation to compare with, problem by problem')
    .option('--out <dir>', 'where samples and results go (default: runs/eval-<model>-<settings>)')
    .option('--json', 'print events and results as JSON lines')
    .action(async (checkpoint: string, options: EvalOptions) => {
      const { evaluate } = await import('./eval.ts');
      await evaluate(checkpoint, options, io);
    });
}

/** Adds `aha report`. */
export function addReport(program: Command, io: Io): void {
  program
    .command('report')
    .description(
      'set finished evaluations beside one another and the published results; or redo the report of a run',
    )
    .argument('<dirs...>', 'directories that aha eval, or aha run, has written')
    .option('--markdown', 'print Markdown')
    .option('--json', 'print the results as JSON')
    .action(async (dirs: string[], options: ReportFormat) => {
      const { printReport } = await import('./report.ts');
      await printReport(dirs, options, io);
    });
}
