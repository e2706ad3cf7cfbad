/**
 * @file Where a worker thread's program lies: compiled in dist/, or as TypeScript beside the sources.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** What a pool of workers is told. */
export interface WorkerEntry {
  readonly filename: string;
  readonly execArgv: string[];
}

/**
 * The worker `name` beside the module `base` (its import.meta.url). Sources need a loader of their own: a thread does
 * not inherit the one of a test runner.
 */
export function workerEntry(name: string, base: string): WorkerEntry {
  const compiled = !base.endsWith('.ts');
  const filename = new URL(`./${name}.${compiled ? 'js' : 'ts'}`, base).href;
  const loader = () => pathToFileURL(createRequire(base).resolve('tsx')).href;
  return { filename, execArgv: compiled ? [] : ['--import', loader()] };
}
