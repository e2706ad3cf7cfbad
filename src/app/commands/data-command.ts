/** @file The options of `aha data`; the work is in data.ts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FiltersConfig } from '../../data/index.ts';
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

/** Adds `aha data`. */
export function addData(program: Command, io: Io): void {
  program
    .command('data')
    .description('filter, deduplicate and decontaminate a file of questions (JSONL, CSV, Parquet)')
    .argument('<file>', 'file with a question in each row')
    .requiredOption('--out <file>', 'where to write the rows that are kept, as JSONL with their columns')
    .option(
      '--report <file>',
      'where to write what was left out and why, as JSON; <out>.report.json unless given',
    )
    .option('--question <column>', 'column that holds the question')
    .option('--answer <column>', 'column that holds the reference answer', 'answer')
    .option('--against <file>', 'evaluation set; [benchmark=]file, several times for several', more, [])
    .option(
      '--ngram <n>',
      'words in a row that make two questions overlap',
      numberOption({ min: 1, integer: true }),
      10,
    )
    .addOption(
      new Option('--dedup <how>', 'which repeated questions are left out')
        .choices(['none', 'exact', 'near'])
        .default('exact'),
    )
    .option('--min-characters <n>', 'shortest question', numberOption({ min: 0, integer: true }))
    .option('--max-characters <n>', 'longest question', numberOption({ min: 0, integer: true }))
    .option('--language <tag>', 'language whose script questions are written in, such as en or zh')
    .option('--match <pattern>', 'regular expression that questions match')
    .option('--reject <pattern>', 'regular expression that questions do not match')
    .option('--has-answer', 'only rows with a reference answer')
    .option('--where <range>', 'column>=value, column<=value or column=value; several times', range, [])
    .option('--json', 'print the counts as JSON')
    .action(async (file: string, options: Options) => {
      const { prepareFile } = await import('./data.ts');
      const { line, counts } = await prepareFile(file, options);
      io.stdout.write(options.json ? `${JSON.stringify(counts)}\n` : `${line}\n`);
    });
}
