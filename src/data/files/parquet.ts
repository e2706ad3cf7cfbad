/**
 * @file Rows of a Parquet file, a row group at a time, nested lists and structs included; all compressions of the format.
 *
 * Values become JSON: whole numbers of 64 bits are numbers where exact and texts where not, dates are ISO texts; bytes
 * that are no text (images) and numbers that are none (NaN, infinities) are null. A process of its own reads, within a
 * time limit for each row group.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../errors.ts';
import { workerEntry } from '../../run/worker-entry.ts';
import type { ParquetReply } from './parquet-reader.ts';
import { type Row, unreadable } from './row.ts';

/** Time for a row group: a minute, and a second more for each of these bytes of the file. A damaged file may take for ever. */
const BYTES_PER_SECOND = 2 ** 20;
const LEAST_MS = 60_000;

/**
 * The rows of a Parquet file in order.
 * @param limitMs - time for each row group
 * @throws UserError for a file that is none, and for a row group that takes longer
 */
export async function* parquetRows(path: string, limitMs?: number): AsyncGenerator<Row> {
  const size = await sizeOf(path);
  const { filename, execArgv } = workerEntry('parquet-reader', import.meta.url);
  const reader = fork(fileURLToPath(filename), [path], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    const limit = limitMs ?? LEAST_MS + (1000 * size) / BYTES_PER_SECOND;
    let number = 0;
    for (;;) {
      const answer = await ask(reader, path, limit);
      if ('error' in answer) throw unusable(path, answer.error);
      if ('end' in answer) return;
      for (const fields of answer.rows) {
        number += 1;
        yield { fields, number, place: `${path}, row ${number}` };
      }
    }
  } finally {
    reader.kill('SIGKILL');
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!found.isFile()) throw unreadable(path, 'not a file');
  return found.size;
}

/** The next row group. */
async function ask(reader: ChildProcess, path: string, limitMs: number): Promise<ParquetReply> {
  const asked = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ParquetReply>((resolve, reject) => {
      const { signal } = asked;
      const failed = (reason: string) => reject(unusable(path, reason));
      timer = setTimeout(
        () => failed(`no row group read in ${Math.round(limitMs / 1000)} s; it may be damaged`),
        limitMs,
      );
      const listen = (event: string, listener: (value: unknown) => void): void => {
        reader.once(event, listener);
        signal.addEventListener('abort', () => reader.off(event, listener));
      };
      listen('message', (answer) => resolve(answer as ParquetReply));
      listen('error', (error) => failed((error as Error).message));
      listen('exit', () => failed('its reader ended; it may be damaged'));
      reader.send('next', (error) => error && failed(error.message));
    });
  } finally {
    clearTimeout(timer);
    asked.abort();
  }
}

function unusable(path: string, reason: string): UserError {
  return new UserError(
    `${path}: cannot be read as Parquet (${reason})`,
    'Copy the file again, or write it anew as Parquet or JSONL.',
  );
}
