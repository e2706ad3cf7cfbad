/** A reward that can never be paid is refused by name: before anything runs, or when the stage that makes the prompts is done. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-payable-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const base = { template: 'plain', model: 'models/tiny-base' };
const train = { stage: 'rl', name: 'train', ...base, steps: 1, optimizer: { peak: 1e-4 } };

function recipe(...stages: object[]): string {
  const file = path.join(dir, 'recipe.json');
  writeFileSync(file, JSON.stringify({ name: 'unpayable', stages }));
  return file;
}

it('is refused by the dry run and at the start of a run, before a directory is made', async () => {
  writeFileSync(path.join(dir, 'open.jsonl'), '{"prompt": "who are you ?", "answer": null}\n');
  const written = recipe({
    ...train,
    prompts: [{ task: 'file', path: 'open.jsonl' }],
    rewards: { accuracy: {}, format: {} },
  });
  const dry = await aha('run', written, '--dry-run', '--device', 'cpu');
  expect(dry.code).toBe(2);
  expect(dry.stderr).toMatch(
    /train: the reward "accuracy" can never be paid: no prompt of open\.jsonl has a reference answer\n.*answerField.*\n.*leave "accuracy" out of rewards/,
  );
  const out = path.join(dir, 'refused');
  const real = await aha('run', written, '--device', 'cpu', '--out', out);
  expect([real.code, real.stderr]).toEqual([2, dry.stderr]);
  expect(existsSync(out)).toBe(false);
});

it('is refused where an earlier stage made the prompts, once they are there', async () => {
  const made = {
    stage: 'reject',
    name: 'made',
    ...base,
    prompts: [{ task: 'chain' }],
    promptCount: 2,
    samples: 2,
    sampling: { maxTokens: 8 },
    rewards: { format: {} },
    minimum: { format: null },
    unscored: 'keep',
    filters: { truncated: 'keep' },
  };
  const prompts = [{ task: 'file', path: '@made/data.jsonl' }];
  const written = recipe(made, { ...train, prompts, rewards: { task: {} } });
  expect((await aha('run', written, '--dry-run', '--device', 'cpu')).code).toBe(0);
  const real = await aha('run', written, '--device', 'cpu', '--out', path.join(dir, 'made'));
  expect(real.code).toBe(2);
  expect(real.stderr).toMatch(
    /train: the reward "task" can never be paid: no prompt of @made\/data\.jsonl has/,
  );
});
