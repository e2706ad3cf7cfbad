/**
 * @file Outcomes of unfinished rejection sampling: one line for each batch, with its SHA-256 in front.
 *
 * A batch's random stream depends on its number alone, so a stage that goes on behind the batches found here leaves the
 * artifact of one that was not interrupted. Lines from the first damaged one on are dropped.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../run/atomic.ts';

const FILE = 'batches.jsonl';

/** The batches of one stage, kept in `dir`. What is in them must survive a round trip through JSON. */
export class BatchStore<Item> {
  readonly #file: string;
  readonly #batches: readonly (readonly Item[])[];
  /** Whether the file may hold more than the intact lines. */
  #torn: boolean;

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#file = path.join(dir, FILE);
    const text = read(this.#file);
    this.#batches = intact<Item>(text);
    this.#torn = this.#batches.map((batch) => lineOf(batch)).join('') !== text;
  }

  /** Batches found when the store was opened. */
  get length(): number {
    return this.#batches.length;
  }

  /** The responses of a batch, or undefined where it is still to be sampled. */
  at(batch: number): readonly Item[] | undefined {
    return this.#batches[batch];
  }

  /** Keeps a batch, on the disk when this returns. To be called in the order of the batches. */
  async add(grades: readonly Item[]): Promise<void> {
    if (this.#torn) await writeFileAtomic(this.#file, this.#batches.map((batch) => lineOf(batch)).join(''));
    this.#torn = false;
    const file = await open(this.#file, 'a');
    try {
      await file.writeFile(lineOf(grades));
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function lineOf(grades: readonly unknown[]): string {
  const json = JSON.stringify(grades);
  return `${hash(json)} ${json}\n`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The batches of the lines before the first that is damaged. */
function intact<Item>(text: string): Item[][] {
  const batches: Item[][] = [];
  for (const line of text.split('\n')) {
    const [sum, json] = [line.slice(0, 64), line.slice(65)];
    if (json === '' || hash(json) !== sum) break;
    batches.push(JSON.parse(json) as Item[]);
  }
  return batches;
}
