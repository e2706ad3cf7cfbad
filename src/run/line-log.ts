/**
 * @file A JSONL file that grows durably: what `append` has returned from survives a crash or a power cut.
 *
 * A process killed while it writes leaves a torn last line; opening the file again takes it off. Any other line that is
 * no JSON is an error with its place.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';

/** An open log. One process writes at a time: hold a lock. */
export interface LineLog<T> extends AsyncDisposable {
  /** What was in the file when it was opened. */
  readonly found: readonly T[];
  /** Writes lines, all in one piece, and brings them to the disk. Calls are carried out in their order. */
  append(values: readonly T[]): Promise<void>;
}

/**
 * Opens a log, new or not, and takes a torn last line off.
 * @throws UserError naming file and line for one that is no JSON
 */
export async function openLineLog<T>(path: string): Promise<LineLog<T>> {
  const text = await contentOf(path);
  const whole = text.lastIndexOf('\n') + 1;
  const found = parseLines<T>(text.slice(0, whole), path);
  const file = await open(path, 'a');
  try {
    await file.truncate(Buffer.byteLength(text.slice(0, whole)));
  } catch (error) {
    await file.close();
    throw error;
  }
  return new OpenLog(file, found);
}

/** The lines of a log, without changing it; a torn last line is left out. */
export async function readLineLog<T>(path: string): Promise<T[]> {
  const text = await contentOf(path);
  return parseLines<T>(text.slice(0, text.lastIndexOf('\n') + 1), path);
}

async function contentOf(path: string): Promise<string> {
  if (!existsSync(path)) return '';
  return readFile(path, 'utf8');
}

function parseLines<T>(text: string, path: string): T[] {
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as T];
    } catch (cause) {
      throw new UserError(`${path}:${i + 1}: not JSON (${(cause as Error).message})`, 'Delete that line.', {
        cause,
      });
    }
  });
}

class OpenLog<T> implements LineLog<T> {
  readonly found: readonly T[];
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, found: readonly T[]) {
    this.#file = file;
    this.found = found;
  }

  append(values: readonly T[]): Promise<void> {
    const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    // A failed write leaves the place of the next one unknown: everything after it fails the same way.
    this.#last = this.#last.then(async () => {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    });
    return this.#last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }
}
