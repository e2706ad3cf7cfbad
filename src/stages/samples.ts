/** @file Completions kept for reading: the first few groups of a rollout, as JSON lines. */
import path from 'node:path';
import type { Scored } from '../records.ts';
import { writeFileAtomic } from '../run/atomic.ts';

/** Groups kept of each rollout that is written. */
const GROUPS = 2;

/** Writes `samples/step-<step>.jsonl`: prompt, completion, reward and its parts, finish reason, length. */
export async function writeSamples(
  dir: string,
  step: number,
  scored: readonly Scored[],
  groupSize: number,
): Promise<void> {
  const lines = scored.slice(0, GROUPS * groupSize).map(({ completion, reward, parts }) =>
    JSON.stringify({
      prompt: completion.prompt.text,
      answer: completion.prompt.answer,
      completion: completion.text,
      reward,
      parts,
      finish: completion.finish,
      length: completion.tokens.length,
    }),
  );
  const name = `step-${String(step).padStart(6, '0')}.jsonl`;
  await writeFileAtomic(path.join(dir, 'samples', name), `${lines.join('\n')}\n`);
}
