/** A data file that is broken in the last of its rows is told before anything runs, whichever stage reads it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-broken-data-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(...args: string[]) {
  const output = { out: '', err: '' };
  const io = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: { write: (text: string) => (output.err += text) },
  };
  return { status: await main(args, io), ...output };
}

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const base = { model: 'models/tiny-base', template: 'plain' };
const first = {
  stage: 'rl',
  name: 'first',
  ...base,
  prompts: [{ task: 'chain' }],
  rewards: { format: {} },
  steps: 1,
  optimizer: { peak: 1e-4 },
};
const optimizer = { peak: 1e-4 };
const prompt = (row: object) => [{ prompt: 'what is 1 + 2 ?', answer: '3', ...row }];

/** A stage of one step. */
const ofRl = (settings: object) => ({
  stage: 'rl',
  ...base,
  model: '@first',
  steps: 1,
  optimizer,
  ...settings,
});

/** Named, with a stage, the rows of its file, and the message. */
const CASES: readonly [string, object, object[], RegExp][] = [
  [
    'rl: no answer for accuracy',
    ofRl({
      prompts: [{ task: 'file', path: 'data.jsonl' }],
      rewards: { accuracy: {} },
    }),
    [...prompt({}), { prompt: 'what is 2 + 2 ?' }],
    /data\.jsonl:2: field "answer" is missing .*\n.*answerField/,
  ],
  [
    'rl: no tests for code',
    ofRl({
      prompts: [{ task: 'file', path: 'data.jsonl' }],
      rewards: { code: { testsField: 'tests' } },
    }),
    [...prompt({ tests: ['assert f(1)'] }), { prompt: 'what is 2 + 2 ?', tests: 7 }],
    /data\.jsonl:2: .*column "tests".*\n.*Accepted: /s,
  ],
  [
    'rl: no answer for accuracy in the prompts of a validation',
    ofRl({
      prompts: [{ task: 'chain' }],
      rewards: { accuracy: {} },
      validate: { prompts: [{ task: 'file', path: 'data.jsonl' }] },
    }),
    [...prompt({}), { prompt: 'what is 2 + 2 ?' }],
    /data\.jsonl:2: field "answer" is missing .*\n.*answerField/,
  ],
  [
    'evaluate: a conversation that ends in a reply',
    {
      stage: 'evaluate',
      checkpoint: '@first',
      template: 'plain',
      prompts: [{ task: 'file', path: 'data.jsonl' }],
    },
    [
      ...prompt({}),
      {
        prompt: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
        answer: 'c',
      },
    ],
    /data\.jsonl:2: the prompt ends in the assistant’s turn.*\(column "prompt"\)/,
  ],
  [
    'rl: a language that is none',
    ofRl({
      prompts: [{ task: 'file', path: 'data.jsonl' }],
      rewards: { language: {} },
    }),
    [...prompt({ language: 'en' }), { prompt: 'what is 2 + 2 ?', answer: '4', language: 'xx' }],
    /data\.jsonl:2: the script of language "xx" is not known/,
  ],
  [
    'rl: a conversation that the template has no form for',
    ofRl({
      prompts: [{ task: 'file', path: 'data.jsonl' }],
      rewards: { accuracy: {} },
    }),
    [
      ...prompt({}),
      {
        prompt: [
          { role: 'user', content: 'what is 2 ?' },
          { role: 'tool', content: '4' },
        ],
        answer: '5',
      },
    ],
    /data\.jsonl:2: the prompt template "plain" has no form for calls of tools/,
  ],
  [
    'sft: behind an artifact that is not made yet',
    {
      stage: 'sft',
      ...base,
      model: '@first',
      data: [
        { source: 'file', path: '@traces/data.jsonl' },
        { source: 'file', path: 'data.jsonl' },
      ],
      epochs: 1,
      optimizer,
    },
    [
      { prompt: 'what is 1 + 2 ?', response: '3' },
      { prompt: 'what is 1 + 2 ?', completion: '' },
    ],
    /data\.jsonl:2: field "response" is (missing|not a text)|data\.jsonl:2: field "completion" is not a text/,
  ],
  [
    'reward-model: a pair that is none',
    {
      stage: 'reward-model',
      ...base,
      model: '@first',
      kind: 'pairwise',
      reads: 'answer',
      data: [{ source: 'file', path: 'data.jsonl' }],
      epochs: 1,
      optimizer,
    },
    [
      { prompt: 'tell : red', chosen: 'a', rejected: 'b' },
      { prompt: 'tell : red', chosen: 'a', rejected: 'a' },
    ],
    /data\.jsonl:2: the chosen reply and the rejected one are the same/,
  ],
  [
    'pretrain: a row without text',
    {
      stage: 'pretrain',
      model: '@first',
      data: [{ source: 'world' }, { source: 'file', path: 'data.jsonl' }],
      steps: 1,
      optimizer,
    },
    [{ text: 'once upon a time' }, { text: ' ' }],
    /data\.jsonl:2: column "text" is not a text with something in it\n.*emptyRows/,
  ],
  [
    'pretrain: no such column',
    {
      stage: 'pretrain',
      model: '@first',
      data: [{ source: 'file', path: 'data.jsonl', textField: 'content' }],
      steps: 1,
      optimizer,
    },
    [{ text: 'once upon a time' }],
    /data\.jsonl:1: field "content" is missing \(fields present: text\)\n.*textField/,
  ],
  [
    'reject: a row that is no JSON object',
    {
      stage: 'reject',
      ...base,
      model: '@first',
      prompts: [{ task: 'file', path: 'data.jsonl' }],
      promptCount: 1,
    },
    [...prompt({}), []],
    /data\.jsonl:2: not a JSON object/,
  ],
];

describe('a broken data file', () => {
  it.each(CASES)(
    'is named by the dry run and at the start of a run: %s',
    async (...[, stage, rows, message]) => {
      writeFileSync(path.join(dir, 'data.jsonl'), lines(rows));
      const traces = {
        stage: 'reject',
        name: 'traces',
        ...base,
        prompts: [{ task: 'chain' }],
        promptCount: 2,
      };
      const recipe = path.join(dir, 'recipe.json');
      writeFileSync(
        recipe,
        JSON.stringify({ name: 'broken', stages: [first, traces, { name: 'last', ...stage }] }),
      );
      const dry = await run('run', recipe, '--dry-run', '--device', 'cpu');
      expect(dry.err).toMatch(message);
      expect(dry.status).toBe(1);
      const out = path.join(dir, 'out');
      const real = await run('run', recipe, '--out', out, '--device', 'cpu');
      expect(real.err).toBe(dry.err);
      expect(real.status).toBe(1);
      expect(existsSync(out)).toBe(false);
    },
  );
});
