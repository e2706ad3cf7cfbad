/** @file Start of a model's process, and the errors that tell how one did not start or has ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../../errors.ts';
import type { FromModel, ModelOptions } from './messages.ts';

/** The program beside this file. */
export const MODEL_PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './child.ts' : './child.js',
  import.meta.url,
);

/** Starts a program that calls `serveModel`; TypeScript through tsx. */
export function forkChild(program: URL): ChildProcess {
  const loader = program.pathname.endsWith('.ts')
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href]
    : [];
  return fork(fileURLToPath(program), [], {
    execArgv: loader,
    serialization: 'advanced',
    // What libtorch prints belongs in the log, not among what the command prints.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
}

/** The error of the model's process, which holds its remedy on the second line. */
export function refusal(
  id: string,
  { message, exitCode }: Extract<FromModel, { type: 'refused' }>,
): UserError {
  const [what = '', ...remedy] = message.split('\n');
  return new UserError(`${id}: ${what}`, remedy.join('\n').trim(), { exitCode });
}

/** There is no process. */
export function notStarted(id: string, error: Error): UserError {
  return new UserError(
    `${id}: the model's process could not be started (${error.message})`,
    'The machine may be out of memory or processes: end others, or serve fewer models.',
  );
}

/** It has ended by itself, or was killed. */
export function ended(id: string, code: number | null, signal: string | null): UserError {
  const how = signal === null ? `with status ${code}` : `by ${signal}`;
  return new UserError(
    `${id}: the model's process ended ${how}`,
    signal === 'SIGKILL'
      ? 'It may have run out of memory: lower --cache-tokens or --max-rows.'
      : 'See the log above.',
  );
}

/** It is there and says nothing. */
export function hung({ id, hangTimeoutMs }: ModelOptions): UserError {
  return new UserError(
    `${id}: the model's process gave no sign of life for ${hangTimeoutMs / 1000} s: it is killed and started again`,
    'If it was only slow (a large prompt on few cores), give a longer --hang-timeout.',
  );
}

/** Its process has read the tokenizer, and this one cannot: the files have gone or changed since. */
export function unreadable(id: string, error: unknown): UserError {
  return new UserError(
    `${id}: the tokenizer cannot be read (${error instanceof Error ? error.message : String(error)})`,
    'Leave the files of a checkpoint as they are while it is served.',
    { cause: error },
  );
}
