/**
 * @file Rows of a Parquet file, a row group at a time, nested lists and structs included; all compressions of the format.
 *
 * Values become JSON: whole numbers of 64 bits are numbers where exact and texts where not, dates are ISO texts; bytes
 * that are no text (images) and numbers that are none (NaN, infinities) are null. A process of its own reads, within a
 * time limit for each row group and a limit on its memory: a few bytes can say that a page holds billions of values.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../errors.ts';
import { workerEntry } from '../../run/worker-entry.ts';
import type { ParquetReply } from './parquet-reader.ts';
import { type Row, unreadable } from './row.ts';

/** Time for a row group: a minute, and a second more for each of these bytes of the file. A damaged file may take for ever. */
const BYTES_PER_SECOND = 2 ** 20;
const LEAST_MS = 60_000;

/** Memory of the reader: 2 GiB, and 16 bytes more for each of the file's. */
const FREE_MEMORY = 2 ** 31;
const MEMORY_PER_BYTE = 16;
const LOOK_AT_MEMORY_MS = 50;

/** What a row group may take. */
interface Limits {
  readonly ms: number;
  readonly memory: number;
}

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
    const ms = limitMs ?? LEAST_MS + (1000 * size) / BYTES_PER_SECOND;
    const limits = { ms, memory: FREE_MEMORY + MEMORY_PER_BYTE * size };
    let number = 0;
    for (;;) {
      const answer = await ask(reader, path, limits);
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
async function ask(reader: ChildProcess, path: string, limits: Limits): Promise<ParquetReply> {
  const asked = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let looks: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ParquetReply>((resolve, reject) => {
      const { signal } = asked;
      const failed = (reason: string) => reject(unusable(path, reason));
      timer = setTimeout(
        () => failed(`no row group read in ${Math.round(limits.ms / 1000)} s; it may be damaged`),
        limits.ms,
      );
      looks = setInterval(() => {
        if (residentBytes(reader) <= limits.memory) return;
        const most = (limits.memory / 2 ** 30).toFixed(1);
        failed(`a row group takes more than ${most} GiB of memory; it may be damaged, or too large`);
      }, LOOK_AT_MEMORY_MS);
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
    clearInterval(looks);
    asked.abort();
  }
}

/** Memory that a process holds; 0 where the system does not tell (it has no /proc, or the process has ended). */
function residentBytes({ pid }: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function unusable(path: string, reason: string): UserError {
  return new UserError(
    `${path}: cannot be read as Parquet (${reason})`,
    'Copy the file again, or write it anew as JSONL, or as Parquet with smaller row groups.',
  );
}
