/** @file `aha eval`: benchmarks, one after another, into one directory. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../errors.ts';
import {
  compareWith,
  evaluateInto,
  measureInto,
  openQuestions,
  openVerifier,
  type QuestionSet,
  type Target,
  writeResults,
} from '../../evaluation/index.ts';
import { makeDirectory } from '../../run/atomic.ts';
import { takeLock } from '../../run/lock.ts';
import { lastWords, listenForInterrupt } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { createWatcher, type RunWatcher } from '../terminal/terminal.ts';
import { defaultDir, type EvalOptions, isAddress, openTarget } from './eval-target.ts';
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
  const sets = await openSets(options);
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
    for (const set of sets) {
      const one = await targetFor(set);
      try {
        await evaluateOne(path.join(dir, set.name), { set, target: one, options, signal, watcher, compared });
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

/** The benchmarks that were named, each once. */
async function openSets(options: EvalOptions): Promise<QuestionSet[]> {
  const names = [...new Set(options.bench.flatMap((name) => name.split(',')).filter((name) => name !== ''))];
  if (names.length > 1 && existsSync(options.data) && statSync(options.data).isFile()) {
    throw new UsageError(
      `${options.data} is one file for ${names.length} benchmarks`,
      'Name the directory that holds their files, or one benchmark.',
    );
  }
  return Promise.all(names.map((name) => openQuestions(name, options)));
}

interface One {
  readonly set: QuestionSet;
  readonly target: Target;
  readonly options: EvalOptions;
  readonly signal: AbortSignal;
  readonly watcher: RunWatcher;
  readonly compared: readonly string[] | null;
}

/** One benchmark of one model. */
async function evaluateOne(
  dir: string,
  { set, target, options, signal, watcher, compared }: One,
): Promise<void> {
  const { name, title, verifier, prompts } = set;
  const grader = openVerifier(verifier);
  const samples = options.k ?? set.samples;
  const warn = (id: string, text: string) => watcher.warn(id, text);
  watcher.startStage(name);
  try {
    const evaluated = await evaluateInto({
      dir,
      name,
      title,
      verifier,
      draws: [{ kind: 'sampled', prompts, samples, grader }],
      target,
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
