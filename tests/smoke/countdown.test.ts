/**
 * recipes/countdown: its rows, its reward on known replies, and the recipe on a tiny checkpoint. The columns of a row reach
 * the script in its own process, and the numbers it returns are those that are recorded.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { fileSchema, readFileItems } from '../../src/data/index.ts';
import { findFamily } from '../../src/grading/tasks/index.ts';
import { columnOf, type Prompt } from '../../src/records.ts';
import { createRewards, disposeRewards, rewardsSchema, scoreAll } from '../../src/rl/reward/index.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { completionOf } from '../support/completion.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-countdown-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const lines = <Line>(file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const script = rewardsSchema.parse({ custom: { file: 'recipes/countdown/reward.ts' } });

interface Row {
  readonly nums: number[];
  readonly target: number;
}

/** What the recipe's script gives each answer to its prompt. */
async function scores(answers: readonly (readonly [Partial<Prompt>, string])[]) {
  const rewards = createRewards(script);
  const replies = answers.map(([prompt, answer]) =>
    completionOf(`<think> let me see </think> <answer> ${answer} </answer>`, { prompt }),
  );
  const scored = await scoreAll(rewards, replies).finally(() => disposeRewards(rewards));
  return scored.map(({ reward }) => reward);
}

describe('the rows', () => {
  const rows = (file: string) => lines<Row>(`recipes/countdown/${file}.jsonl`);

  it('can be solved with every number, and those of the test are not trained on', () => {
    const key = ({ nums, target }: Row) => `${nums.toSorted((a, b) => a - b).join()} ${target}`;
    const test = new Set(rows('test').map(key));
    expect([test.size, rows('train').filter((row) => test.has(key(row)))]).toEqual([64, []]);
    for (const row of [...rows('train'), ...rows('test')]) {
      expect(Object.keys(row)).toEqual(['nums', 'target']);
      expect(reachesWithAll(row.nums, row.target)).toBe(true);
    }
  });
});

/** Whether some expression of all numbers, each used once, comes to the target. */
function reachesWithAll(numbers: readonly number[], target: number): boolean {
  if (numbers.length === 1) return Math.abs(numbers[0]! - target) < 1e-9;
  return numbers.some((a, i) =>
    numbers.some((b, j) => {
      if (i === j) return false;
      const rest = numbers.filter((_, k) => k !== i && k !== j);
      const results = [a + b, a - b, a * b, ...(b === 0 ? [] : [a / b])];
      return results.some((result) => reachesWithAll([...rest, result], target));
    }),
  );
}

describe('the reward', () => {
  it('is the one that docs/your-own-task.md shows', () => {
    const reward = readFileSync('recipes/countdown/reward.ts', 'utf8');
    expect(readFileSync('docs/your-own-task.md', 'utf8')).toContain(`\n${reward}\`\`\`\n`);
  });

  const columns = { nums: [44, 19, 35], target: 98 };

  const ANSWERS = [
    ['44 + 19 + 35', 1],
    ['35 + (19 + 44) = 98', 1],
    ['\\boxed{44 + 35 + 19}', 1],
    // A number twice, one left out, another target, the target itself, digits joined.
    ['44 + 19 + 35 + 19 - 19', 0],
    ['44 + 35 + 19 * 1', 0],
    ['44 + 19 - 35', 0],
    ['98', 0],
    ['4419 + 35', 0],
    // No expression.
    ['44, 19, 35', 0],
    ['44 + 19 + 35; process.exit()', 0],
    ['', 0],
  ] as const;

  it('pays expressions that reach the target with every number once, and no others', async () => {
    const paid = await scores(ANSWERS.map(([answer]) => [{ columns }, answer]));
    expect(ANSWERS.map(([answer], i) => [answer, paid[i]])).toEqual(ANSWERS);
  });

  it('pays an answer that the solver finds with all numbers of a row of the file', async () => {
    const config = fileSchema.parse({
      path: 'recipes/countdown/test.jsonl',
      promptTemplate: 'Make {target} from {nums}',
    });
    const items = await readFileItems(config, { requireAnswers: false });
    const solved = items.map(({ prompt }) => {
      const nums = columnOf(prompt.columns!, 'nums') as number[];
      const meta = { numbers: nums, target: columnOf(prompt.columns!, 'target')! };
      const [answer] = findFamily('countdown')!.solve({ text: prompt.text, answer: '', meta });
      // The solver may leave numbers out.
      return { prompt, answer: answer!, paid: answer!.match(/\d+/g)!.length === nums.length ? 1 : 0 };
    });
    expect(await scores(solved.map(({ prompt, answer }) => [prompt, answer]))).toEqual(
      solved.map(({ paid }) => paid),
    );
    expect(solved.filter(({ paid }) => paid === 1).length).toBeGreaterThan(16);
  });
});

describe('the recipe', () => {
  /** A recipe folder with a reward of its own, and the arguments that make it small. */
  async function small(name: string, reward?: string) {
    const folder = path.join(root, name);
    cpSync('recipes/countdown', folder, { recursive: true });
    if (reward !== undefined) writeFileSync(path.join(folder, 'reward.ts'), reward);
    const checkpoint = await writeByteCheckpoint(path.join(root, `${name}-model`));
    const out = path.join(root, `${name}-run`);
    const checks = ['before', 'after'].flatMap((stage) =>
      ['greedyProblems=4', 'problems=2', 'samples=2', 'sampling.maxTokens=8'].map((set) => `${stage}.${set}`),
    );
    const train = ['steps=2', 'promptsPerStep=4', 'groupSize=4', 'minibatches=2', 'sampling.maxTokens=8'];
    const sets = [
      `before.checkpoint=${checkpoint}`,
      `train.model=${checkpoint}`,
      ...train.map((set) => `train.${set}`),
      ...checks,
    ];
    const recipe = path.join(folder, 'recipe.ts');
    return { recipe, out, args: ['--device', 'cpu', ...sets.flatMap((set) => ['--set', set])] };
  }

  it('passes a dry run where its checkpoint is not there', async () => {
    const { code, stdout, stderr } = await aha(
      'run',
      'recipes/countdown/recipe.ts',
      '--dry-run',
      '--device',
      'cpu',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/train\s+rl\s+1\.54B/);
  });

  it('trains on a tiny checkpoint, and its script scores every reply', async () => {
    const { recipe, out, args } = await small('as-shipped');
    const { code, stderr } = await aha('run', recipe, '--out', out, ...args);
    expect([code, stderr]).toEqual([0, '']);
    const steps = lines<Record<string, number | string>>(path.join(out, 'metrics.jsonl'));
    const trained = steps.filter(({ stage }) => stage === 'train');
    expect(trained).toHaveLength(2);
    for (const step of trained) {
      // A random model writes no expression: scored, and wrong.
      expect(step).toMatchObject({ 'rewards/custom/mean': 0, 'completions/unscored_ratio': 0 });
      expect(step['rewards/custom/failed'] ?? 0).toBe(0);
    }
  });

  it('gives the script the columns of each row', async () => {
    const { recipe, out, args } = await small(
      'columns',
      'export default ({ prompt: { columns } }) => Object.isFrozen(columns.nums) ? columns.target + columns.nums[0] / 100 : null;',
    );
    const { code, stderr } = await aha('run', recipe, '--out', out, '--only', 'train', ...args);
    expect([code, stderr]).toEqual([0, '']);
    const samples = lines<Sampled>(path.join(out, 'train', 'samples', 'step-000002.jsonl'));
    expect(samples).toHaveLength(8);
    for (const { prompt, parts } of samples) {
      const [, target, first] = /^Make (\d+) from the numbers \[(\d+),/.exec(prompt)!;
      expect(parts.custom).toBe(Number(target) + Number(first) / 100);
    }
  });
});

interface Sampled {
  readonly prompt: string;
  readonly parts: { readonly custom: number };
}
