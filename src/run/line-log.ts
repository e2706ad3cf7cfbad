/**
 * @file A JSONL file that grows durably: what `append` has returned from survives a crash or a power cut.
 *
 * A process killed while it writes leaves a torn last line; opening the file again takes it off. Any other line that is
 * damaged (no UTF-8, no JSON, another shape) is told with its place and left out; the file as it was is kept beside.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { atPath, UserError } from '../errors.ts';
import { writeFileAtomic } from './atomic.ts';

/** An open log. One process writes at a time: hold a lock. */
export interface LineLog<T> extends AsyncDisposable {
  /** What was in the file when it was opened. */
  readonly found: readonly T[];
  /** Writes lines, all in one piece, and brings them to the disk. Calls are carried out in their order. */
  append(values: readonly T[]): Promise<void>;
}

/** How lines are looked at when they are read. */
export interface LineCheck {
  /** What is wrong with the value of a line; null where nothing is. */
  fault(value: unknown): string | null;
  /** Told once of damaged lines, which are left out. */
  warn(text: string): void;
}

/** Opens a log, new or not; takes a torn last line off, and damaged lines out. */
export async function openLineLog<T>(path: string, check: LineCheck): Promise<LineLog<T>> {
  const content = await contentOf(path);
  const { lines, damages, end } = parseLog<T>(content, path, check);
  if (damages.length > 0) {
    const copy = `${path}.damaged`;
    await writeFileAtomic(copy, content);
    await writeFileAtomic(path, lines.map(({ text }) => `${text}\n`).join(''));
    check.warn(`${told(damages)}; left out, and the file as it was kept as ${copy}`);
  }
  const file = await open(path, 'a');
  try {
    if (damages.length === 0) await file.truncate(end);
  } catch (error) {
    await file.close();
    throw error;
  }
  return new OpenLog(
    path,
    file,
    lines.map(({ value }) => value),
  );
}

/** The lines of a log, without changing it; a torn last line and damaged ones are left out. */
export async function readLineLog<T>(path: string, check: LineCheck): Promise<T[]> {
  const { lines, damages } = parseLog<T>(await contentOf(path), path, check);
  if (damages.length > 0) check.warn(`${told(damages)}; left out`);
  return lines.map(({ value }) => value);
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw atPath(error, path);
  }
}

interface Log<T> {
  readonly lines: readonly { readonly text: string; readonly value: T }[];
  /** `file:line what is wrong`. */
  readonly damages: readonly string[];
  /** Bytes up to the last line end. */
  readonly end: number;
}

const NEWLINE = 0x0a;

function parseLog<T>(bytes: Buffer, path: string, { fault }: LineCheck): Log<T> {
  const lines: { text: string; value: T }[] = [];
  const damages: string[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let start = 0;
  for (let number = 1, end = bytes.indexOf(NEWLINE); end !== -1; number++) {
    if (end > start) {
      try {
        const text = decoder.decode(bytes.subarray(start, end));
        const value: unknown = JSON.parse(text);
        const why = fault(value);
        if (why === null) lines.push({ text, value: value as T });
        else damages.push(`${path}:${number}: ${why}`);
      } catch (error) {
        damages.push(`${path}:${number}: ${error instanceof SyntaxError ? 'not JSON' : 'not UTF-8 text'}`);
      }
    }
    start = end + 1;
    end = bytes.indexOf(NEWLINE, start);
  }
  return { lines, damages, end: start };
}

function told(damages: readonly string[]): string {
  const [first] = damages;
  return damages.length === 1 ? first! : `${first} (and ${damages.length - 1} more damaged lines)`;
}

class OpenLog<T> implements LineLog<T> {
  readonly found: readonly T[];
  readonly #path: string;
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, file: FileHandle, found: readonly T[]) {
    this.#path = path;
    this.#file = file;
    this.found = found;
  }

  append(values: readonly T[]): Promise<void> {
    const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    // A failed write leaves the place of the next one unknown: everything after it fails the same way.
    this.#last = this.#last.then(() => this.#write(text));
    return this.#last;
  }

  async #write(text: string): Promise<void> {
    // What is written to a file that was removed is lost, without an error.
    if ((await this.#file.stat()).nlink === 0) {
      throw new UserError(
        `${this.#path}: removed while it was written`,
        'Give the command again; it makes the file anew.',
      );
    }
    try {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    } catch (error) {
      throw atPath(error, this.#path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }
}
