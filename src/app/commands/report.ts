/**
 * @file `aha report`: finished evaluations beside one another and beside the published results; or the reports of a run
 * made again.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../../errors.ts';
import {
  type EvaluationResult,
  RESULT,
  readResult,
  resultsTable,
  resultsText,
} from '../../evaluation/index.ts';
import { hasColours } from '../../output.ts';
import { columnsOf } from '../cli/final-report.ts';
import type { Io } from '../cli/io.ts';
import { type FinalReport, isRunDirectory, rebuildReport } from '../reports/index.ts';

/** How `aha report` prints. */
export interface ReportFormat {
  readonly markdown?: boolean;
  readonly json?: boolean;
}

/**
 * Prints the results in these directories. Where they are those of runs, writes the reports of each again first.
 * @throws UsageError for directories of both kinds
 */
export async function printReport(dirs: readonly string[], format: ReportFormat, io: Io): Promise<void> {
  const runs = dirs.filter(isRunDirectory);
  if (runs.length === 0) {
    const warn = (text: string) => io.stderr.write(`warning: ${text}\n`);
    io.stdout.write(`${report(dirs, format, warn)}\n`);
    return;
  }
  const other = dirs.find((dir) => !runs.includes(dir));
  if (other !== undefined) {
    throw new UsageError(
      `${other}: no directory of a run, as the others are`,
      'Name directories of aha run, or directories of aha eval.',
    );
  }
  for (const dir of runs) io.stdout.write(`${await runReport(dir, format, io)}\n`);
}

async function runReport(dir: string, format: ReportFormat, io: Io): Promise<string> {
  const colours = !format.json && !format.markdown && hasColours(io.stdout, process.env);
  const final = await rebuildReport(dir, {
    width: columnsOf(io),
    colours,
    warn: (_, text) => io.stderr.write(`warning: ${text}\n`),
  });
  if (format.json) return JSON.stringify(final.report);
  return format.markdown ? final.markdown.trimEnd() : textOf(dir, final);
}

function textOf(dir: string, { text, files }: FinalReport): string {
  return `${text}\n\n${files.map((file) => `  ${path.join(dir, file)}`).join('\n')}`;
}

/**
 * Directories that hold one finished evaluation each: the given ones, or the ones inside them.
 * @throws UserError for a directory without any
 */
export function resultDirs(dirs: readonly string[]): string[] {
  return dirs.flatMap((dir) => {
    const found = finishedIn(dir);
    if (found.length > 0) return found;
    throw new UserError(
      `${dir}: no finished evaluation`,
      'Name a directory that aha eval has written; give the same command again to finish one that was interrupted.',
    );
  });
}

function finishedIn(dir: string): string[] {
  const isFinished = (one: string) => existsSync(path.join(one, RESULT));
  if (isFinished(dir) || !existsSync(dir)) return isFinished(dir) ? [dir] : [];
  return readdirSync(dir)
    .map((name) => path.join(dir, name))
    .filter(isFinished)
    .sort();
}

/**
 * The finished results in these directories.
 * @param warn - told of results that are damaged, which are left out
 * @throws UserError where all are
 */
export function readResults(dirs: readonly string[], warn: (text: string) => void): EvaluationResult[] {
  const damages: UserError[] = [];
  const results = resultDirs(dirs).flatMap((dir) => {
    try {
      return [readResult(dir)];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      damages.push(error);
      return [];
    }
  });
  if (results.length === 0) throw damages[0]!;
  for (const { message } of damages) warn(message);
  return results;
}

/** The results in these directories as text. */
export function report(dirs: readonly string[], format: ReportFormat, warn: (text: string) => void): string {
  const results = readResults(dirs, warn);
  if (format.json) return JSON.stringify({ results });
  return format.markdown ? resultsTable(results, 'markdown') : resultsText(results);
}
