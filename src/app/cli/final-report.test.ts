import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ResolvedRecipe } from '../recipes/index.ts';
import { nextSteps } from './final-report.ts';

function recipe(stage: string, task: string, template = 'r1-zero'): ResolvedRecipe {
  const config = { prompts: [{ task }], template };
  return {
    name: 'r',
    seed: 0,
    device: 'cpu',
    precision: 'auto',
    deterministic: false,
    stages: [{ stage, name: 'Zero', config }],
  };
}

it('names only what is there, and asks a question of the task that was trained', () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'report-')), 'a run');
  mkdirSync(join(dir, 'Zero'), { recursive: true });
  expect(nextSteps(recipe('rl', 'chain'), dir)).toBe('');
  writeFileSync(join(dir, 'Zero/artifact.json'), '{}');
  expect(nextSteps(recipe('evaluate', 'chain'), dir)).toBe('');
  const own = nextSteps(recipe('rl', 'jsonl'), dir);
  expect(own).toMatch(/generate '.*\/Zero' --prompt 'your prompt' .* # .*in the template "r1-zero"/);
  expect(own).toContain('docs/your-own-task.md');
  expect(own).toContain(`serve '${dir}/Zero'`);
  expect(own).not.toContain('samples');
  mkdirSync(join(dir, 'Zero/samples'), { recursive: true });
  writeFileSync(
    join(dir, 'Zero/samples/step-000001.jsonl'),
    '{"prompt":"what is 1 + 1 ?"}\n{"prompt":"b"}\n',
  );
  const plain = nextSteps(recipe('rl', 'file', 'plain'), dir);
  expect(plain).toContain("--prompt 'User: what is 1 + 1 ? Assistant:' --temperature 0\n");
  expect(nextSteps(recipe('rl', 'file', 'chat'), dir)).toContain("--prompt 'your prompt'");
  const chain = nextSteps(recipe('rl', 'chain'), dir);
  expect(chain).toContain("--prompt 'User: what is 12 + 7 * 3 ? Assistant:'");
  expect(chain).toContain(`cat '${dir}/Zero/samples'/*.jsonl`);
});
