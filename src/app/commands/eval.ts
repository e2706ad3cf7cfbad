/** @file `aha eval`: benchmarks, one after another, into one directory. */
import path from 'node:path';
import { UsageError } from '../../errors.ts';
import {
  compareWith,
  evaluateInto,
  measureInto,
  needsShots,
  openFormGrader,
  openQuestions,
  openVerifier,
  type QuestionSet,
  questionSetNamed,
  type Target,
  writeResults,
} from '../../evaluation/index.ts';
import { makeDirectory } from '../../run/atomic.ts';
import { takeLock } from '../../run/lock.ts';
import { lastWords, listenForInterrupt } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { createWatcher, type RunWatcher } from '../terminal/terminal.ts';
import { locateRows, locateShots, type RowsPlace, requireOneEach } from './eval-data.ts';
import type { EvalOptions } from './eval-options.ts';
import { type MeasuredAs, measuredAs } from './eval-protocol.ts';
import { defaultDir, isChat, openTarget } from './eval-target.ts';
import { isAddress } from './is-address.ts';
import { readResults, resultDirs } from './report.ts';

/** Lock file of an evaluation's directory. */
const LOCK = 'lock';

/** Apart from `evaluate`: TypeScript leaves the extension of an import alone in a function with `using`. */
const loadTorch = () => import('../../torch/index.ts');

/** Evaluates and shows the results. Interrupted, the same command goes on. */
export async function evaluate(target: string, options: EvalOptions, io: Io): Promise<void> {
  const watcher = createWatcher({ output: io.stdout, ...(options.json ? { mode: 'json' as const } : {}) });
  // Everything that can be wrong with the command is told before the first response is sampled.
  const targetFor = openTarget(target, options, (id, text) => watcher.warn(id, text));
  const sets = await openSets(target, options, io);
  const compared = options.compare === undefined ? null : resultDirs([options.compare]);
  const dir = options.out ?? defaultDir(target, options);
  makeDirectory(dir);
  const unlock = takeLock(path.join(dir, LOCK));
  const goOn = 'Give the same command again to go on.';
  const torch = isAddress(target) ? undefined : await loadTorch();
  using interrupt = listenForInterrupt(
    () => goOn,
    torch && (() => torch.endOnSecondInterrupt(lastWords(goOn, options.json === true))),
  );
  const { signal } = interrupt;
  try {
    watcher.note(`evaluation directory: ${dir}`);
    for (const opened of sets) {
      const { set, how } = opened;
      const one = await targetFor(set, how);
      try {
        const place = path.join(dir, set.name);
        await evaluateOne(place, { ...opened, target: one, options, signal, watcher, compared });
      } finally {
        one.close();
      }
    }
    // What earlier commands finished in this directory belongs to the same report.
    const results = readResults([dir], (text) => watcher.warn(text, text));
    const text = await writeResults(dir, results);
    io.stdout.write(options.json ? `${JSON.stringify({ event: 'report', results })}\n` : `\n${text}\n`);
  } finally {
    unlock();
  }
}

/** A benchmark to be measured. */
interface Opened {
  readonly set: QuestionSet;
  readonly how: MeasuredAs;
  readonly rows: RowsPlace;
  readonly shotRows: RowsPlace | null;
}

/** The benchmarks that were named, each once. */
async function openSets(target: string, options: EvalOptions, { stderr }: Io): Promise<Opened[]> {
  const written = options.bench.flatMap((name) => name.split(',')).filter((name) => name !== '');
  const names = [...new Set(written.map(questionSetNamed))];
  const sets: Opened[] = [];
  for (const name of names) {
    const how = measuredAs(name, options);
    const rows = await locateRows(name, options.data, stderr);
    if (options.data !== undefined) requireOneEach(names, rows);
    const shotRows = needsShots(name, how) ? await locateShots(name, options.shotsData, stderr) : null;
    const { problems, level, seed } = options;
    const set = await openQuestions(name, {
      problems,
      level,
      seed,
      data: rows.path,
      form: how.form,
      shots: how.shots,
      shotsData: shotRows?.path,
      chat: isChat(target, options),
    });
    sets.push({ set, how, rows, shotRows });
  }
  if (options.shotsData !== undefined && sets.every(({ shotRows }) => shotRows === null)) {
    throw new UsageError(
      `--shots-data ${options.shotsData}: no prompt of ${names.join(', ')} takes examples from a file`,
      'Leave it out, or ask for examples with --shots or a --form that has some.',
    );
  }
  return sets;
}

interface One extends Opened {
  readonly target: Target;
  readonly options: EvalOptions;
  readonly signal: AbortSignal;
  readonly watcher: RunWatcher;
  readonly compared: readonly string[] | null;
}

/** One benchmark of one model. */
async function evaluateOne(
  dir: string,
  { set, how, rows, shotRows, target, options, signal, watcher, compared }: One,
): Promise<void> {
  const { name, title, verifier, prompts, form, shots } = set;
  const grader = form === null ? openVerifier(verifier) : openFormGrader(form);
  const samples = form?.choices === undefined ? (how.k ?? set.samples) : 1;
  const warn = (id: string, text: string) => watcher.warn(id, text);
  watcher.startStage(name);
  try {
    const evaluated = await evaluateInto({
      dir,
      name,
      title,
      verifier,
      draws: [
        {
          kind: 'sampled',
          prompts,
          samples,
          grader,
          ...(form && { stops: form.stops, ...(form.choices && { choices: form.choices }) }),
        },
      ],
      target,
      asked: {
        ...(rows.source !== undefined && { data: rows.source }),
        ...(shotRows?.source !== undefined && { shotsData: shotRows.source }),
        ...(form && { form: form.name, shots }),
      },
      seed: options.seed,
      begun: new Date(),
      signal,
      warn,
      onProgress: (report, total) => watcher.step(report, total),
    });
    const other = compared?.find((one) => path.basename(one) === name);
    if (compared !== null && other === undefined)
      watcher.note(`${name}: nothing to compare with in ${options.compare}`);
    const comparison =
      other === undefined ? null : await compareWith(other, evaluated, grader, prompts, warn);
    await measureInto(dir, evaluated, grader, comparison);
  } finally {
    watcher.endStage();
    if (target.bill !== null) watcher.note(target.bill);
    grader.close();
  }
}
