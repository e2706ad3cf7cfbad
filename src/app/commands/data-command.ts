/** @file The options of `aha data`; the work is in data.ts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FiltersConfig } from '../../data/index.ts';
import type { Output } from '../../output.ts';
import { locate } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import type { DataOptions } from './data.ts';

interface Options extends DataOptions {
  readonly json?: boolean;
}

type Range = FiltersConfig['fields'][number];

/** Parses `level>=3`, `contest_date<=2025-01-31` or `subject=algebra`, and adds it to those before. */
function range(text: string, earlier: readonly Range[]): Range[] {
  const [, field, relation, written] = /^([^<>=]+)(>=|<=|=)(.+)$/u.exec(text) ?? [];
  if (field === undefined || written === undefined) {
    throw new InvalidArgumentError('Expected column>=value, column<=value or column=value.');
  }
  const value = Number.isFinite(Number(written)) ? Number(written) : written;
  const bound = relation === '>=' ? { min: value } : relation === '<=' ? { max: value } : { in: [value] };
  return [...earlier, { field: field.trim(), ...bound }];
}

const more = (text: string, earlier: readonly string[]): string[] => [...earlier, text];

/** Evaluation sets, `[benchmark=]file` each, with what is named on the hub downloaded. */
async function locateEach(sets: readonly string[], output: Output): Promise<string[]> {
  const located: string[] = [];
  for (const set of sets) {
    const [, before = '', name = set] = /^([a-z0-9-]+=)?(hf:.*)$/u.exec(set) ?? [];
    const { path } = await locate(name, 'dataset', output);
    located.push(before + path);
  }
  return located;
}

/** Adds `aha data`. */
export function addData(program: Command, io: Io): void {
  program
    .command('data')
    .description('filter, deduplicate and decontaminate a file of questions (JSONL, CSV, Parquet)')
    .argument(
      '<file>',
      'file with a question in each row, or its name on the hub such as hf:openai/gsm8k/main/train',
    )
    .requiredOption('--out <file>', 'where to write the rows that are kept, as JSONL with their columns')
    .option(
      '--report <file>',
      'where to write what was left out and why, as JSON; <out>.report.json unless given',
    )
    .option('--question <column>', 'column that holds the question')
    .option('--answer <column>', 'column that holds the reference answer', 'answer')
    .option('--against <file>', 'evaluation set, as [benchmark=]file; repeatable', more, [])
    .option(
      '--ngram <n>',
      'number of consecutive words that two overlapping questions share',
      numberOption({ min: 1, integer: true }),
      10,
    )
    .addOption(
      new Option('--dedup <how>', 'which repeated questions are dropped')
        .choices(['none', 'exact', 'near'])
        .default('exact'),
    )
    .option('--min-characters <n>', 'minimum length of a question', numberOption({ min: 0, integer: true }))
    .option('--max-characters <n>', 'maximum length of a question', numberOption({ min: 0, integer: true }))
    .option('--language <tag>', 'keep questions in the script of this language, such as en or zh')
    .option('--match <pattern>', 'keep questions that match this regular expression')
    .option('--reject <pattern>', 'drop questions that match this regular expression')
    .option('--has-answer', 'keep only rows with a reference answer')
    .option(
      '--where <range>',
      'keep rows by column>=value, column<=value or column=value; repeatable',
      range,
      [],
    )
    .option('--json', 'print the counts as JSON')
    .action(async (file: string, options: Options) => {
      const { prepareFile } = await import('./data.ts');
      const { path } = await locate(file, 'dataset', io.stderr);
      const against = await locateEach(options.against, io.stderr);
      const { line, counts } = await prepareFile(path, { ...options, against });
      io.stdout.write(options.json ? `${JSON.stringify(counts)}\n` : `${line}\n`);
    });
}
