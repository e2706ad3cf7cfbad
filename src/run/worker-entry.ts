/**
 * @file Program of a worker thread or process: compiled in dist/, or TypeScript beside the sources.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** What starts a worker. */
export interface WorkerEntry {
  readonly filename: string;
  readonly execArgv: string[];
}

/**
 * The worker `name` beside the module `base` (its import.meta.url). Sources need a loader of their own: a worker
 * does not inherit the one of a test runner.
 */
export function workerEntry(name: string, base: string): WorkerEntry {
  const compiled = !base.endsWith('.ts');
  const filename = new URL(`./${name}.${compiled ? 'js' : 'ts'}`, base).href;
  const loader = () => pathToFileURL(createRequire(base).resolve('tsx')).href;
  return { filename, execArgv: compiled ? [] : ['--import', loader()] };
}
