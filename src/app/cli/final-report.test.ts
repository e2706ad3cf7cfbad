import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ResolvedRecipe } from '../recipes/index.ts';
import { nextSteps } from './final-report.ts';

function recipe(stage: string, task: string): ResolvedRecipe {
  const config = { prompts: [{ task }] };
  return { name: 'r', seed: 0, device: 'cpu', stages: [{ stage, name: 'Zero', config }] };
}

it('names only what is there, and asks a question of the task that was trained', () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'report-')), 'a run');
  mkdirSync(join(dir, 'Zero'), { recursive: true });
  expect(nextSteps(recipe('rl', 'chain'), dir)).toBe('');
  writeFileSync(join(dir, 'Zero/artifact.json'), '{}');
  expect(nextSteps(recipe('evaluate', 'chain'), dir)).toBe('');
  const own = nextSteps(recipe('rl', 'jsonl'), dir);
  expect(own).toContain(`generate '${dir}/Zero' --prompt 'your prompt'`);
  expect(own).toContain(`serve '${dir}/Zero'`);
  expect(own).not.toContain('samples');
  mkdirSync(join(dir, 'Zero/samples'), { recursive: true });
  const chain = nextSteps(recipe('rl', 'chain'), dir);
  expect(chain).toContain("--prompt 'User: what is 12 + 7 * 3 ? Assistant:'");
  expect(chain).toContain(`cat '${dir}/Zero/samples'/*.jsonl`);
});
