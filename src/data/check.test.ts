import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import type { DataFile } from '../run/stage.ts';
import { exampleFiles, judgedFiles, promptFiles } from './check.ts';
import { judgedSchema } from './judged.ts';
import { sftDataSchema } from './sft.ts';
import { promptsSchema } from './tasks.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-check-'));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, ...rows: (object | string)[]): string {
  const path = join(dir, name);
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return path;
}

async function checkAll(files: readonly DataFile[]): Promise<void> {
  for (const { reference, check } of files) await check(reference, 'Cold');
}

const good = { prompt: 'q', answer: 1 };
const prompts = (path: string, settings: object = {}, options = {}) =>
  promptFiles(promptsSchema.parse([{ task: 'file', path, ...settings }, { task: 'chain' }]), options);

describe('promptFiles', () => {
  it('goes through files of prompts and of evaluation sets, and nothing that is generated', async () => {
    const set = file('set.jsonl', { question: 'r' });
    const files = prompts(file('good.jsonl', good), {
      decontaminate: [set, { path: set, field: 'question' }],
    });
    expect(files.map(({ reference }) => reference)).toEqual([join(dir, 'good.jsonl'), set, set]);
    await checkAll(files);
    expect(new Set(files.map(({ key }) => key)).size).toBe(3);
  });

  it.each<[string, object, object, RegExp]>([
    [
      'a row without a question',
      { answer: 1 },
      {},
      /bad\.jsonl:2: field "prompt" is missing .*\n.*promptField/,
    ],
    [
      'a row without an answer that is needed',
      { prompt: 'r' },
      {},
      /bad\.jsonl:2: field "answer" is missing/,
    ],
    [
      'another answer to a question',
      { prompt: 'q', answer: 2 },
      {},
      /bad\.jsonl:2: the question of .*bad\.jsonl:1 again/,
    ],
    [
      'an evaluation set that is empty',
      { prompt: 'r', answer: 1 },
      { decontaminate: [file('empty.jsonl')] },
      /empty\.jsonl: no rows/,
    ],
    [
      'a filter that leaves nothing',
      { prompt: 'r', answer: 1 },
      { filters: { match: 'xyz' } },
      /bad\.jsonl: no prompt passes the filters/,
    ],
  ])('names %s', async (_, row, settings, message) => {
    await expect(checkAll(prompts(file('bad.jsonl', good, row), settings))).rejects.toThrow(message);
  });

  it('names the row whose data a reward cannot use, of rows that pass the filters', async () => {
    const checkPrompt = ({ columns }: { columns?: { readonly [name: string]: unknown } }) => {
      if (columns!.tests === 'bad') throw new UserError('column "tests" is bad', 'Write good ones.');
    };
    const path = file('tests.jsonl', { prompt: 'long one', tests: 'ok' }, { prompt: 'q', tests: 'bad' });
    const options = { requireAnswers: false, checkPrompt };
    await expect(checkAll(prompts(path, {}, options))).rejects.toThrow(
      /^.*tests\.jsonl:2: column "tests" is bad\n {2}Write good ones\.$/,
    );
    await checkAll(prompts(path, { filters: { minCharacters: 5 } }, options));
  });

  it('names the row of a benchmark', async () => {
    const tasks = promptsSchema.parse([
      {
        task: 'benchmark',
        name: 'math-500',
        path: file('math.jsonl', { problem: 'q', answer: '1' }, { problem: 'r' }),
      },
    ]);
    await expect(checkAll(promptFiles(tasks, {}))).rejects.toThrow(
      /math\.jsonl:2: column .*\n.*MATH-500 is read from/s,
    );
  });
});

describe('exampleFiles', () => {
  const user = { role: 'user', content: 'q' };
  const reply = { role: 'assistant', content: 'a' };
  const examples = (path: string, template: 'chat' | 'plain', settings: object = {}) =>
    exampleFiles(
      sftDataSchema.parse([{ source: 'file', path, ...settings }, { source: 'general' }]),
      template,
    );

  it('names the first row that cannot be used', async () => {
    const path = file('sft.jsonl', { messages: [user, reply] }, { messages: [user] });
    await expect(checkAll(examples(path, 'chat'))).rejects.toThrow(/sft\.jsonl:2: .* \(column "messages"\)/);
    await expect(checkAll(examples(path, 'plain'))).rejects.toThrow(
      /sft\.jsonl:1: a conversation cannot .* "plain"/,
    );
    const few = file('few.jsonl', { prompt: 'q', response: 'a' });
    await expect(checkAll(examples(few, 'chat', { count: 2 }))).rejects.toThrow(
      /^Cold\.data\.0\.count: 2 examples asked for, but .*few\.jsonl has 1\n/,
    );
    await checkAll(examples(few, 'plain'));
  });
});

describe('judgedFiles', () => {
  it('names the first row that cannot be used', async () => {
    const path = file(
      'pairs.jsonl',
      { prompt: 'q', chosen: 'a', rejected: 'b' },
      { prompt: 'q', chosen: 'a' },
    );
    const entries = [judgedSchema.parse({ source: 'file', path })];
    await expect(checkAll(judgedFiles(entries, 'pairwise'))).rejects.toThrow(
      /pairs\.jsonl:2: field "rejected" is missing/,
    );
    const one = file('one.jsonl', { prompt: 'q', chosen: 'a', rejected: 'b' });
    const two = [...entries, { source: 'file', path: one, count: 2 }].map((entry) =>
      judgedSchema.parse(entry),
    );
    await expect(checkAll(judgedFiles(two, 'pairwise').slice(1))).rejects.toThrow(
      /^Cold\.data\.1\.count: 2 lines asked for, but .*one\.jsonl has 1\n/,
    );
    expect(judgedFiles([judgedSchema.parse({ source: 'world-pairs', count: 1 })], 'pairwise')).toEqual([]);
  });
});
