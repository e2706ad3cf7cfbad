/** docs/your-own-task.md: the files it shows are those of the folder, and its commands do what it says. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';

const page = readFileSync('docs/your-own-task.md', 'utf8');
const out = mkdtempSync(path.join(tmpdir(), 'aha-own-task-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```/gms)].flatMap(([, of, text]) =>
    of === language ? [text!] : [],
  );
}

async function run(args: readonly string[]) {
  const output = { out: '', err: '' };
  const io = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: { write: (text: string) => (output.err += text) },
  };
  return { status: await main([...args, '--device', 'cpu'], io), ...output };
}

/** The page's commands, their run directories elsewhere. */
const commands = blocks('')
  .join('')
  .split('\n')
  .filter((line) => line.startsWith('aha '))
  .map((line) =>
    line
      .split(' ')
      .slice(1)
      .map((word) => word.replace(/^runs\//, `${out}/`)),
  );

describe('docs/your-own-task.md', () => {
  it('shows the files as they are', () => {
    const [reward, recipe] = blocks('ts');
    expect(reward).toBe(readFileSync('recipes/own-task/reward.ts', 'utf8'));
    expect(recipe).toBe(readFileSync('recipes/own-task/recipe.ts', 'utf8'));
    expect(recipe!.trim().split('\n').length).toBeLessThan(30);
    expect(readFileSync('recipes/own-task/train.jsonl', 'utf8')).toContain(blocks('jsonl')[0]);
  });

  it('has training questions that are not those of the test', () => {
    const prompts = (file: string) =>
      readFileSync(`recipes/own-task/${file}.jsonl`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { prompt: string }).prompt);
    const test = new Set(prompts('test'));
    expect(test.size).toBe(64);
    expect(prompts('train').filter((prompt) => test.has(prompt))).toEqual([]);
  });

  it('has commands that work: the dry run, and two steps', async () => {
    const [dryRun, twoSteps] = commands;
    const dry = await run(dryRun!);
    expect(dry.err).toBe('');
    expect(dry.out).toMatch(/train\s+rl/);
    const trained = await run(twoSteps!);
    expect(trained.err).toBe('');
    expect(trained.status).toBe(0);
    const steps = readFileSync(path.join(out, 'own-task-try/metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { stage: string; 'rewards/custom/mean'?: number })
      .filter(({ stage }) => stage === 'train');
    expect(steps).toHaveLength(2);
    for (const step of steps) expect(step['rewards/custom/mean']).toBeGreaterThan(0);
  });

  it('trains anew where the script, or one that it imports, was changed', async () => {
    const folder = path.join(out, 'copy');
    cpSync('recipes/own-task', folder, { recursive: true });
    const put = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
    put('reward.ts', `import { points } from './points.ts'; export default () => points;`);
    put('points.ts', 'export const points = 1;');
    const sets = ['steps=1', 'promptsPerStep=1', 'groupSize=4'].flatMap((set) => ['--set', `train.${set}`]);
    const no = ['before', 'after'].flatMap((name) =>
      ['greedyProblems=1', 'problems=0'].flatMap((set) => ['--set', `${name}.${set}`]),
    );
    const args = ['run', path.join(folder, 'recipe.ts'), '--out', path.join(out, 'changed'), ...sets, ...no];
    expect((await run(args)).err).toBe('');
    expect((await run([...args, '--resume'])).out).toContain('train: complete, not run again');
    put('points.ts', 'export const points = 0.5;');
    const again = await run([...args, '--resume']);
    expect(again.err).toBe('');
    expect(again.out).toMatch(/train: starts again, since its input .*points\.ts changed/);
  });

  it('refuses a reward that is no function before anything runs', async () => {
    const args = [...commands[1]!.slice(0, 2), '--set', 'train.rewards.custom.file=test.jsonl'];
    const { status, err } = await run([...args, '--out', path.join(out, 'none')]);
    expect(status).toBe(2);
    expect(err).toMatch(/test\.jsonl: not a reward function file/);
  });
});
