import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openQuestions, questionSetNamed } from './question-set.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-questions-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const aime = path.join(root, 'aime-2024', 'test.jsonl');
mkdirSync(path.dirname(aime));
const rows = Array.from({ length: 30 }, (_, i) => ({
  id: `p${i}`,
  problem: `problem ${i}`,
  answer: String(i),
}));
writeFileSync(aime, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

describe('openQuestions', () => {
  it('reads a benchmark with the k of the paper', async () => {
    const set = await openQuestions('aime-2024', { data: aime, seed: 0 });
    expect(set).toMatchObject({ title: 'AIME 2024', verifier: 'math', samples: 64, smallWorld: false });
    expect(set.prompts).toHaveLength(30);
  });

  it('chooses by seed, and more problems extend fewer', async () => {
    const ids = async (problems: number, seed: number) =>
      (await openQuestions('aime-2024', { data: aime, seed, problems })).prompts.map(({ id }) => id);
    expect((await ids(10, 1)).slice(0, 5)).toEqual(await ids(5, 1));
    expect(await ids(5, 2)).not.toEqual(await ids(5, 1));
  });

  it.each([
    ['aime-2024', 'there/is/none', /aime-2024/],
    ['aime-2023', root, /no benchmark is named "aime-2023"/],
    ['aime', root, /no benchmark is named "aime"\n {2}Did you mean "aime-2024"\? There are aime-2024, /],
    ['no-such-benchmark', root, /\n {2}There are aime-2024, .*, file\.$/],
    ['file', 'no-such.jsonl', /no-such\.jsonl: no such file/],
  ])('%s from %s is an error', async (name, data, message) => {
    await expect(openQuestions(name, { data, seed: 0 })).rejects.toThrow(message);
  });

  it('knows short names and names without hyphens', () => {
    const names = ['math500', 'aime2024', 'aime24', 'gpqa', 'gsm8k', 'GSM8K', 'chain'];
    expect(names.map(questionSetNamed)).toEqual([
      'math-500',
      'aime-2024',
      'aime-2024',
      'gpqa-diamond',
      'gsm8k',
      'GSM8K',
      'chain',
    ]);
  });

  it('asks in a form, with its first rows as examples, as one text or as a conversation', async () => {
    const shotsData = path.join(root, 'train.jsonl');
    const row = (n: number) => ({ question: `Q${n}?`, answer: `It is ${n}.\n#### ${n}` });
    writeFileSync(shotsData, [1, 2, 3].map((n) => `${JSON.stringify(row(n))}\n`).join(''));
    const data = path.join(root, 'asked.jsonl');
    writeFileSync(data, JSON.stringify(row(4)));
    const options = { data, shotsData, seed: 0, form: 'few-shot', shots: 2 };
    const [text] = (await openQuestions('gsm8k', { ...options, chat: false })).prompts;
    const shots = [1, 2].map((n) => `Question: Q${n}?\nAnswer: It is ${n}.\n#### ${n}\n\n`).join('');
    expect(text).toMatchObject({ text: `${shots}Question: Q4?\nAnswer:`, answer: '4' });
    expect(text!.messages).toBeUndefined();
    const [chat] = (await openQuestions('gsm8k', options)).prompts;
    expect(chat!.messages!.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ]);
    await expect(openQuestions('gsm8k', { ...options, shots: 5 })).rejects.toThrow(
      /gsm8k: 5 examples asked for, 3 there\n.*--shots-data/,
    );
    await expect(openQuestions('chain', { data: '', seed: 0, form: 'cot' })).rejects.toThrow(
      /chain has no prompt forms/,
    );
  });

  it('makes held-out problems of the small world and of families', async () => {
    const chain = await openQuestions('chain', { data: '', seed: 0, problems: 7 });
    expect(chain).toMatchObject({ verifier: 'exact', smallWorld: true });
    expect(chain.prompts).toHaveLength(7);
    const sudoku = await openQuestions('sudoku4', { data: '', seed: 0, problems: 3, level: 1 });
    expect(sudoku).toMatchObject({ verifier: 'family', smallWorld: false });
    expect(sudoku.prompts.map(({ meta }) => meta?.level)).toEqual([1, 1, 1]);
    await expect(openQuestions('sudoku4', { data: '', seed: 0, level: 99 })).rejects.toThrow(/level 99/);
  });

  it('reads a file of one’s own', async () => {
    const file = path.join(root, 'mine.jsonl');
    writeFileSync(file, '{"prompt": "half of 1?", "answer": "1/2"}\n');
    const set = await openQuestions('file', { data: file, seed: 0 });
    expect(set).toMatchObject({ name: 'mine', verifier: 'math' });
    writeFileSync(file, '{"question": "half of 1?", "answer": "1/2"}\n');
    await expect(openQuestions('file', { data: file, seed: 0 })).rejects.toThrow(
      /mine\.jsonl:1: field "prompt" is missing \(fields present: question, answer\)\n {2}Give the file a column "prompt" and a column "answer"/,
    );
  });
});
