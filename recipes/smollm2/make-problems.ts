/**
 * Writes the word problems of this folder: stories of one to three steps from the family `word-problem`.
 *
 *   node --import tsx recipes/smollm2/make-problems.ts
 *
 * They are the family's own (Apache-2.0, as this package). One text in ten is held out by its hash, so no test problem is
 * among the training problems, whatever their number.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFamily } from '../../src/grading/tasks/index.ts';
import { Random } from '../../src/random.ts';

const SEED = 2026;
const FOLDER = path.dirname(fileURLToPath(import.meta.url));

const family = findFamily('word-problem')!;

/** `count` different stories of `steps` steps, on one side of the split. */
function stories(steps: number, count: number, heldOut: boolean): string[] {
  const random = Random.derive(SEED, `${steps} ${heldOut}`);
  const found = new Map<string, string>();
  while (found.size < count) {
    const { text: prompt, answer } = family.generate(random, steps);
    if (isHeldOut(prompt) === heldOut) found.set(prompt, JSON.stringify({ prompt, answer, steps }));
  }
  return [...found.values()];
}

function isHeldOut(text: string): boolean {
  return createHash('sha256').update(text).digest()[0]! % 10 === 0;
}

function write(name: string, lines: readonly string[]): void {
  writeFileSync(path.join(FOLDER, name), `${lines.join('\n')}\n`);
}

const train = [1, 2, 3].map((steps) => stories(steps, 500, false));
// The levels in turn: a part of the file has them all.
write(
  'train.jsonl',
  train[0]!.flatMap((_, i) => train.map((level) => level[i]!)),
);
for (const steps of [2, 3]) write(`test-${steps}.jsonl`, stories(steps, 256, true));
