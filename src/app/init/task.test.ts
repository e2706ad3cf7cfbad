import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { type FileTask, openTask } from './task.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-task-'));
function put(name: string, text: string): string {
  writeFileSync(path.join(dir, name), text);
  return path.join(dir, name);
}
const sums = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ prompt: `${from + i} + 1 ?`, answer: `${from + i + 1}` }));
const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const open = async (...args: Parameters<typeof openTask>) => (await openTask(...args)) as FileTask;

describe('a family', () => {
  it('is meant by its name, also where a folder has that name', async () => {
    mkdirSync(path.join(dir, 'countdown'));
    const cwd = process.cwd();
    process.chdir(dir);
    try {
      expect(await openTask('countdown', {})).toMatchObject({ kind: 'family', name: 'countdown' });
    } finally {
      process.chdir(cwd);
    }
  });
});

describe('a file', () => {
  it('is divided into questions to train on and one in ten to measure on, the same each time', async () => {
    const file = put('sums.jsonl', jsonl(sums(50)));
    const task = await open(file, {});
    expect(task).toMatchObject({ kind: 'file', question: 'prompt', answer: 'answer' });
    expect([task.train.length, task.test.length]).toEqual([45, 5]);
    const all = [...task.train, ...task.test].map(({ prompt }) => prompt);
    expect(new Set(all).size).toBe(50);
    expect((await open(file, {})).test).toEqual(task.test);
  });

  it('keeps all its questions where others are named for measuring', async () => {
    const file = put('few.jsonl', jsonl(sums(3)));
    const test = put('test.jsonl', jsonl(sums(2, 100)));
    const task = await open(file, { test });
    expect([task.train, task.test]).toEqual([sums(3), sums(2, 100)]);
  });

  it('may name its columns otherwise', async () => {
    const rows = sums(10).map(({ prompt, answer }) => `"${prompt}",${answer}`);
    expect(await open(put('a.csv', `question,solution\n${rows.join('\n')}\n`), {})).toMatchObject({
      question: 'question',
      answer: 'solution',
    });
    const odd = put('odd.csv', `frage,antwort\n${rows.join('\n')}\n`);
    expect(await open(odd, { question: 'frage', answer: 'antwort' })).toMatchObject({ question: 'frage' });
    await expect(open(odd, {})).rejects.toThrow(
      /odd\.csv:2: no column with the question .*there is frage, antwort/,
    );
    await expect(open(odd, { question: 'frage' })).rejects.toThrow(
      'Name the column that holds the answer with --answer.',
    );
    await expect(open(odd, { question: 'fragen' })).rejects.toThrow('no column "fragen"');
  });

  it.each([
    ['small.jsonl', jsonl(sums(5)), '5 questions are too few'],
    ['empty.jsonl', '', 'no rows in this file'],
    [
      'none.jsonl',
      jsonl(sums(12).map((row) => ({ ...row, answer: null }))),
      'no row has an answer in the column "answer"',
    ],
    ['broken.jsonl', `${jsonl(sums(11))}{"prompt": "x"`, 'broken.jsonl:12: '],
    ['bare.jsonl', `${jsonl(sums(11))}{"prompt": "x"}\n`, 'field "answer" is missing'],
    ['notes.txt', 'hello', 'names no format that is read'],
  ])('%s is refused as wrong usage', async (name, text, message) => {
    const failed = openTask(put(name, text), {});
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(message);
  });
});

it('a name that is no file is a family, or one that is near', async () => {
  expect(await openTask('countdown', {})).toEqual({ kind: 'family', name: 'countdown', maxLevel: 2 });
  await expect(openTask('cuontdown', {})).rejects.toThrow(
    /neither a file nor a task family\n {2}Did you mean countdown\?/,
  );
});
