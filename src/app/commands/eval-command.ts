/** @file The options of `aha eval` and `aha report`; the work is in eval.ts and report.ts. */
import { type Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import { locateCheckpoint } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import {
  addDeprecatedDtype,
  addDeprecatedPromptTemplate,
  readingPrecisionOption,
  templateOption,
} from './checkpoint-options.ts';
import type { EvalOptions } from './eval-options.ts';
import { isAddress } from './is-address.ts';
import type { ReportFormat } from './report.ts';

/** Adds `aha eval`. */
export function addEval(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  const command = program
    .command('eval')
    .description('measure a checkpoint, or a model behind an endpoint, as the DeepSeek-R1 paper does')
    .argument(
      '<checkpoint>',
      'directory of the checkpoint, its name on the hub (hf:owner/name), or the address of an OpenAI-compatible API',
    )
    .requiredOption('--bench <names...>', 'benchmarks, such as aime-2024 math-500 gpqa-diamond chain')
    .option(
      '--data <path>',
      'directory with the benchmarks’ files, or the file of the one benchmark, also by its name on the hub (default: data, else the hub)',
    )
    .option(
      '--form <name>',
      'how questions are asked and answers found: zero-shot, few-shot, cot … (default: as the model’s makers measured, else zero-shot)',
    )
    .option('--shots <n>', 'examples before each question', numberOption({ integer: true, min: 0 }))
    .option('--shots-data <path>', 'file whose first rows are the examples, also by its name on the hub')
    .addOption(
      new Option('--thinking <mode>', 'what the chat template is told of thinking').choices(['on', 'off']),
    )
    .option(
      '--k <n>',
      'samples of each problem (default: as the model’s makers, else the paper’s; 16 where it states none)',
      count,
    )
    .option('--problems <n>', 'number of problems (default: all; 128 of a generated task)', count)
    .option('--level <n>', 'difficulty of a generated task', count)
    .option(
      '--temperature <t>',
      '0 takes the most probable token (default: as the model’s makers, else 0.6)',
      numberOption({ min: 0 }),
    )
    .option(
      '--top-p <p>',
      'sample from the most probable tokens that make up p (default: as the model’s makers, else 0.95)',
      numberOption({ above: 0, max: 1 }),
    )
    .option(
      '--top-k <k>',
      'sample from the k most probable tokens; 0 keeps all',
      numberOption({ integer: true, min: 0 }),
    )
    .option(
      '--max-tokens <n>',
      'maximum length of a response (default: 32768, or what the model’s context leaves)',
      count,
    )
    .option(
      '--seed <n>',
      'seed of sampling, choice of problems and order of options',
      numberOption({ integer: true, min: 0 }),
      0,
    )
    .addOption(templateOption('template that makes a prompt of the question'))
    .option('--rows <n>', 'responses decoded concurrently; lower it to save memory', count, 64)
    .option('--device <device>', 'auto, cpu, cuda or cuda:<n>', 'auto')
    .addOption(readingPrecisionOption())
    .option('--label <name>', 'name of the model in reports')
    .option('--model <name>', 'name of the model in requests to an endpoint')
    .option('--api-key-env <name>', 'environment variable that holds the endpoint’s key')
    .option('--concurrency <n>', 'concurrent requests to an endpoint', count, 8)
    .option(
      '--spend-limit <dollars>',
      'send no request that could raise the cost above this',
      numberOption({ above: 0 }),
    )
    .option('--token-limit <n>', 'send no request that could raise prompt and reply tokens above this', count)
    .option(
      '--prices <file>',
      'prices by model: {"name": {"input": …, "output": …}}, dollars per million tokens',
    )
    .option('--timeout <seconds>', 'time limit of one request', numberOption({ above: 0 }), 3600)
    .option('--compare <dir>', 'another evaluation to compare with, problem by problem')
    .option('--out <dir>', 'directory of samples and results (default: runs/eval-<model>-<settings>)')
    .option('--json', 'print events and results as JSON lines')
    .action(async (checkpoint: string, options: EvalOptions, called: Command) => {
      if (isAddress(checkpoint)) refuseLocal(called);
      const { evaluate } = await import('./eval.ts');
      const model = await locateCheckpoint(checkpoint, io.stderr);
      const { label = model.label, source = model.source } = options;
      const located = { ...options, ...(label && { label }), ...(source && { source }) };
      await evaluate(model.path, located, io);
    });
  addDeprecatedDtype(command, io);
  addDeprecatedPromptTemplate(command, io);
}

/** Options of a checkpoint that this process computes. An endpoint has its own of each, and is asked for none. */
const LOCAL = ['template', 'rows', 'device', 'precision', 'topK', 'thinking'];

/** @throws UsageError naming the options that would have no effect */
function refuseLocal(called: Command): void {
  const given = LOCAL.filter((name) => called.getOptionValueSource(name) === 'cli');
  if (given.length === 0) return;
  const flagOf = (name: string) => called.options.find((option) => option.attributeName() === name)!.long;
  const flags = given.map((name) => `${flagOf(name)} ${called.getOptionValue(name)}`).join(' ');
  const what = given.length === 1 ? 'this option has' : 'these options have';
  throw new UsageError(
    `${flags}: an endpoint computes in its own way, and ${what} no effect on it`,
    'Leave out what is for checkpoints that this command loads.',
  );
}

/** Adds `aha report`. */
export function addReport(program: Command, io: Io): void {
  program
    .command('report')
    .description(
      'compare finished evaluations with one another and with published results; or write the report of a run again',
    )
    .argument('<dirs...>', 'directories written by aha eval or aha run')
    .option('--markdown', 'print Markdown')
    .option('--json', 'print the results as JSON')
    .action(async (dirs: string[], options: ReportFormat) => {
      const { printReport } = await import('./report.ts');
      await printReport(dirs, options, io);
    });
}
