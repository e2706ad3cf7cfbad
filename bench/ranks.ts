/**
 * @file How much faster ranks of one thread train than one process of one thread: the RL stage of two tiny recipes.
 *
 *   npm run bench -- ranks [ranks] [steps]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Steps at the start that are not counted: memory is taken and code compiled. */
const WARM = 2;

const RECIPES = ['aha-tiny', 'r1-zero-tiny'] as const;

/** Prints the median seconds of a step, by one process and by `count` ranks in turn, and their ratio. */
export async function ranks(count = '2', steps = '10'): Promise<void> {
  for (const recipe of RECIPES) {
    const alone = await stepSeconds(recipe, '1', steps);
    const together = await stepSeconds(recipe, count, steps);
    const times = ['seconds', 'seconds/rollout', 'seconds/update'].map((name) => {
      const [one, many] = [median(alone, name), median(together, name)];
      return `${name} ${one.toFixed(2)} → ${many.toFixed(2)} (${(one / many).toFixed(2)} ×)`;
    });
    process.stdout.write(`${recipe}, ${count} ranks: ${times.join(', ')}\n`);
  }
}

type Line = { readonly [metric: string]: number };

/** The lines of metrics of a run's RL stage. */
async function stepSeconds(recipe: string, count: string, steps: string): Promise<Line[]> {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-bench-ranks-'));
  const out = path.join(dir, 'run');
  const set = ['--only', 'R1-Zero', '--set', `R1-Zero.steps=${steps}`, '--nproc', count];
  const child = spawn('./bin/aha', ['run', `recipes/${recipe}.ts`, '--out', out, ...set], {
    env: { ...process.env, AHA_THREADS: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`aha run ended with ${String(code)}`);
  const lines = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  rmSync(dir, { recursive: true });
  return lines.slice(WARM).map((line) => JSON.parse(line) as Line);
}

function median(lines: readonly Line[], name: string): number {
  const values = lines.map((line) => line[name]!).toSorted((a, b) => a - b);
  return values[Math.floor(values.length / 2)]!;
}
