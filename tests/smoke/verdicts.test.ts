/**
 * One verdict everywhere: the stage `evaluate`, `aha eval`, the stage `reject` and the scoring of RL agree on what is
 * right, with every reward that says right or wrong. The doors are the real ones; only what the model says is given.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { openHeldOut, promptsSchema } from '../../src/data/index.ts';
import { fakeJudge, materialIn } from '../../src/grading/judge/testing.ts';
import { closeEngines } from '../../src/grading/verify/index.ts';
import type { Completion, Prompt } from '../../src/records.ts';
import {
  createRewards,
  disposeRewards,
  rewardsSaying,
  rewardsSchema,
  scoreAll,
} from '../../src/rl/reward/index.ts';
import type * as Rollout from '../../src/rl/rollout/index.ts';
import { evaluate } from '../../src/stages/evaluate/evaluate.ts';
import { reject } from '../../src/stages/reject/reject.ts';
import { expressionsOf, type SearchProblem, solves, written } from '../../src/world/search/problem.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { completionOf } from '../support/completion.ts';
import { PYTHON_SKIPPED } from '../support/python-sandbox.ts';
import { runStage } from '../support/stage.ts';

/** What a right and a wrong answer to a prompt are. */
interface Answers {
  readonly right: (prompt: Prompt) => string;
  readonly wrong: string;
}

const REPLIES = ['right', 'wrong', 'unclosed thought', 'no answer'] as const;
/** Of the replies in their order, the right one is right. */
const VERDICTS = [1, 0, 0, 0];

/** The four replies to a prompt. */
function repliesTo(prompt: Prompt, { right, wrong }: Answers): Completion[] {
  const answer = right(prompt);
  const texts = [
    `<think> let me see </think> <answer>${answer}</answer>`,
    `<think> let me see </think> <answer>${wrong}</answer>`,
    `<think> let me see <answer>${answer}</answer>`,
    `<think> let me see: ${answer} </think>`,
  ];
  return texts.map((text) => ({ ...completionOf(text), prompt }));
}

const model = vi.hoisted(() => ({ answers: null as Answers | null }));

vi.mock('../../src/rl/rollout/index.ts', async (original) => ({
  ...(await original<typeof Rollout>()),
  rollout: (_policy: unknown, prompts: readonly Prompt[]) =>
    prompts.flatMap((prompt) => repliesTo(prompt, model.answers!)),
}));

const root = mkdtempSync(path.join(tmpdir(), 'aha-verdicts-'));
afterAll(() => {
  closeEngines();
  rmSync(root, { recursive: true, force: true });
});
const at = (...names: string[]) => path.join(root, ...names);
function file(name: string, row: object | string): string {
  writeFileSync(at(name), typeof row === 'string' ? row : `${JSON.stringify(row)}\n`);
  return at(name);
}

let checkpoint: string;
beforeAll(async () => {
  checkpoint = await writeByteCheckpoint(at('model'), { config: { max_position_embeddings: 4096 } });
});

const judge = await fakeJudge(({ messages }) => {
  const answer = materialIn(messages[1]!.content, 'candidate answer');
  return JSON.stringify({ reason: 'looked', verdict: answer.includes('blue') ? 'right' : 'wrong' });
});
afterAll(() => judge[Symbol.asyncDispose]());

const fence = (language: string, program: string) => `\n\`\`\`${language}\n${program}\n\`\`\`\n`;
const twice = (factor: number) => fence('js', `function twice(x) { return x * ${factor}; }`);
const reference = ({ answer }: Prompt) => answer!;
const fileTask = (row: object, name: string) => ({ task: 'file', path: file(`${name}.jsonl`, row) });

/** A reward that says right or wrong, on a prompt it can score. */
interface Case extends Answers {
  readonly name: keyof typeof NAMES;
  readonly of: string;
  readonly rewards: object;
  /** A task of a recipe. */
  readonly task: object;
  /** Arguments of `aha eval` that ask the same kind of question; none where no question set is graded this way. */
  readonly bench?: readonly string[];
}
const NAMES = { accuracy: 0, choice: 0, code: 0, custom: 0, instructions: 0, judge: 0, search: 0, task: 0 };

const half = { prompt: 'half of one?', answer: '\\frac{1}{2}' };
const letter = { question: 'Which?', choices: ['red', 'blue', 'green'], answer: 1 };
const lower = {
  key: 1,
  prompt: 'Say it small.',
  instruction_id_list: ['change_case:english_lowercase'],
  kwargs: [{}],
};
const asserted = { text: 'Twice.', test_list: ['assert twice(2) == 4'], task_id: 1 };

const CASES: Case[] = [
  {
    name: 'accuracy',
    of: 'a number',
    rewards: { accuracy: {} },
    task: { task: 'chain' },
    right: reference,
    wrong: '1000',
    bench: ['chain'],
  },
  {
    name: 'accuracy',
    of: 'mathematics',
    rewards: { accuracy: { verifier: 'math' } },
    task: fileTask(half, 'half'),
    right: () => '0.5',
    wrong: '0.6',
    bench: ['file', '--data', at('half.jsonl')],
  },
  {
    name: 'accuracy',
    of: 'a generated problem',
    rewards: { accuracy: {} },
    task: { task: 'generated', family: 'countdown' },
    // Another spelling than the reference.
    right: (prompt) => `(${prompt.answer})`,
    wrong: '1',
    bench: ['countdown'],
  },
  {
    name: 'search',
    of: 'a target to make',
    rewards: { search: {} },
    task: { task: 'search' },
    right: ({ meta }) => {
      const problem = meta!.search as unknown as SearchProblem;
      return written(expressionsOf(problem.numbers).find((expression) => solves(expression, problem))!);
    },
    wrong: '1 + 1 + 1',
  },
  {
    name: 'task',
    of: 'a generated problem',
    rewards: { task: {} },
    task: { task: 'generated', family: 'countdown' },
    right: (prompt) => `(${prompt.answer})`,
    wrong: '1',
    bench: ['countdown'],
  },
  {
    name: 'task',
    of: 'rows of a file',
    rewards: { task: { family: 'countdown', fields: { numbers: 'nums' } } },
    task: fileTask({ prompt: 'Make 98.', nums: [44, 19, 35], target: 98 }, 'nums'),
    right: () => '44 + 19 + 35',
    wrong: '44 + 19',
  },
  {
    name: 'choice',
    of: 'a letter',
    rewards: { choice: {} },
    task: { task: 'benchmark', name: 'mmlu', path: file('mmlu.jsonl', letter) },
    right: () => '(B)',
    wrong: '(C)',
    bench: ['mmlu', '--data', at('mmlu.jsonl')],
  },
  {
    name: 'accuracy',
    of: 'a letter',
    rewards: { accuracy: { verifier: 'choice' } },
    task: { task: 'benchmark', name: 'mmlu', path: at('mmlu.jsonl') },
    right: () => 'B',
    wrong: 'C',
    bench: ['mmlu', '--data', at('mmlu.jsonl')],
  },
  {
    name: 'code',
    of: 'JavaScript',
    rewards: { code: { testsField: 'tests', language: 'javascript', timeMs: 30_000 } },
    task: fileTask(
      { prompt: 'Twice.', tests: { function: 'twice', cases: [{ args: [2], result: 4 }] } },
      'twice',
    ),
    right: () => twice(2),
    wrong: twice(3),
  },
  {
    name: 'instructions',
    of: 'an instruction',
    rewards: { instructions: {} },
    task: { task: 'benchmark', name: 'ifeval', path: file('ifeval.jsonl', lower) },
    right: () => 'this is small',
    wrong: 'THIS IS NOT',
    bench: ['ifeval', '--data', at('ifeval.jsonl')],
  },
  {
    name: 'judge',
    of: 'an open question',
    rewards: { judge: { endpoint: { baseUrl: judge.url, model: 'judge', stream: false }, asked: 'always' } },
    task: fileTask({ prompt: 'A colour?', answer: 'blue' }, 'colour'),
    right: () => 'blue',
    wrong: 'red',
  },
  {
    name: 'custom',
    of: 'a script',
    rewards: {
      custom: {
        file: file(
          'reward.mjs',
          'export default ({ prompt, response }) => (response.answer === prompt.answer ? 1 : 0);',
        ),
      },
    },
    task: fileTask({ prompt: 'A colour?', answer: 'blue' }, 'colour'),
    right: () => 'blue',
    wrong: 'red',
  },
];

/** Where a Python sandbox can be built. */
const PYTHON_CASES: Case[] = [
  {
    name: 'code',
    of: `Python${PYTHON_SKIPPED}`,
    rewards: { code: { timeMs: 30_000 } },
    task: { task: 'benchmark', name: 'mbpp', path: file('mbpp.jsonl', asserted) },
    right: () => fence('python', 'def twice(x):\n    return 2 * x'),
    wrong: fence('python', 'def twice(x):\n    return x'),
    bench: ['mbpp', '--data', at('mbpp.jsonl')],
  },
];

const sampling = { temperature: 1, maxTokens: 64 };
let runs = 0;
const freshDir = () => at(`run-${runs++}`);
const linesOf = (...names: string[]) =>
  readFileSync(path.join(...names), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Each door: what it makes of the four replies to the first prompt. */
const DOORS: { readonly [door: string]: (one: Case) => Promise<unknown[] | null> } = {
  'the stage evaluate': async ({ rewards, task }) => {
    const dir = freshDir();
    const asked = { greedyProblems: 0, problems: 1, samples: 4, sampling };
    const prompts = promptsSchema.parse([task]);
    await runStage(
      evaluate,
      { stage: 'evaluate', name: 'check', checkpoint, prompts, rewards, ...asked },
      { dir },
    );
    expect(JSON.parse(readFileSync(path.join(dir, 'report.json'), 'utf8'))).toMatchObject({
      passAt1: 0.25,
      unscored: 0,
    });
    return linesOf(dir, 'samples.jsonl').map(({ correct }) => correct);
  },
  'aha eval': async ({ bench }) => {
    if (bench === undefined) return null;
    const dir = freshDir();
    const [name, ...more] = bench;
    const asked = [
      '--bench',
      name!,
      '--problems',
      '1',
      '--k',
      '4',
      '--max-tokens',
      '64',
      '--template',
      'r1-zero',
    ];
    const { code, stderr } = await aha(
      'eval',
      checkpoint,
      ...asked,
      '--out',
      dir,
      '--device',
      'cpu',
      ...more,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const set = name === 'file' ? path.basename(more.at(-1)!, '.jsonl') : name!;
    return linesOf(dir, set, 'samples.jsonl').map(({ correct }) => correct);
  },
  'the stage reject': async ({ rewards, task, name }) => {
    const dir = freshDir();
    const asked = { promptCount: 1, samples: 4, unique: false, sampling };
    const prompts = promptsSchema.parse([task]);
    await runStage(
      reject,
      { stage: 'reject', name: 'kept', model: checkpoint, prompts, rewards, ...asked },
      { dir },
    );
    const [kept, dropped] = ['data.jsonl', 'dropped.jsonl'].map((one) => linesOf(dir, one));
    expect(kept!.map(({ sample }) => sample)).toEqual([0]);
    // Of those that are dropped for one reason, a batch keeps a few for reading, and counts all.
    const stats = JSON.parse(readFileSync(path.join(dir, 'stats.json'), 'utf8')) as Record<string, unknown>;
    expect(stats.dropped).toEqual([{ reason: name, count: 3 }]);
    const scores = [...kept!, ...dropped!].map((line) => (line.rewards as Record<string, unknown>)[name]);
    expect(scores.slice(1)).toEqual(scores.slice(1).fill(0));
    return [scores[0], 0, 0, 0];
  },
  'the scoring of RL': async (one) => {
    const source = await openHeldOut(promptsSchema.parse([one.task]), {
      seed: 0,
      resolve: (place) => place,
      requireAnswers: false,
    });
    const [prompt] = source.take(1);
    const rewards = createRewards(rewardsSchema.parse(one.rewards));
    const scored = await scoreAll(rewards, repliesTo(prompt!, one)).finally(() => disposeRewards(rewards));
    return scored.map(({ reward }) => reward);
  },
};

describe.each(Object.entries(DOORS))('%s', (_, door) => {
  const title = `with %s on %s says of ${REPLIES.join(', ')}: 1, 0, 0, 0`;
  const named = (cases: readonly Case[]) => cases.map((one) => [one.name, one.of, one] as const);
  const check = async (_name: string, _of: string, one: Case) => {
    model.answers = one;
    const verdicts = await door(one);
    expect(verdicts ?? VERDICTS).toEqual(VERDICTS);
    expect(verdicts === null).toBe(one.bench === undefined && door === DOORS['aha eval']);
  };
  it.each(named(CASES))(title, check);
  it.skipIf(PYTHON_SKIPPED !== '').each(named(PYTHON_CASES))(title, check);
});

it('crosses every reward that says right or wrong', () => {
  // `wanted` is graded in part: src/world/wanted.test.ts.
  const right = rewardsSaying('right').filter((name) => name !== 'wanted');
  expect(right.toSorted()).toEqual([...new Set(CASES.map(({ name }) => name))].toSorted());
});
