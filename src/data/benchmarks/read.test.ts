import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchmarkItems, readBenchmark } from './read.ts';
import { benchmarkOf } from './registry.ts';
import { FIXTURES, rowsOf } from './testing.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-benchmark-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, contents: string): string {
  writeFileSync(join(dir, name), contents);
  return join(dir, name);
}

describe('readBenchmark', () => {
  it('reads a CSV file as published', async () => {
    const rows = FIXTURES['gpqa-diamond']!;
    const header = Object.keys(rows[0]!);
    const csv = [header, ...rows.map((row) => header.map((column) => JSON.stringify(row[column])))].join(
      '\n',
    );
    const prompts = await readBenchmark({ name: 'gpqa-diamond', path: file('g.csv', csv), seed: 3 });
    expect(prompts.map(({ id }) => id)).toEqual(['gpqa-diamond/rec1', 'gpqa-diamond/rec2']);
  });

  it.each([
    [
      'of simple-evals',
      ',Question,A,B,C,D,Answer,Subject\n0,"1, 2?",w,x,y,z,B,algebra\n1,3?,w,x,y,z,D,algebra\n',
      2,
    ],
    ['without a header', '"1, 2?",w,x,y,z,B\n3?,w,x,y,z,D\n', 1],
    ['of one row', '"1, 2?",w,x,y,z,B\n', 1],
  ])('reads the MMLU file %s', async (_, csv, line) => {
    const prompts = await readBenchmark({
      name: 'mmlu',
      path: file('mmlu.csv', csv),
      seed: 0,
      wording: 'none',
    });
    expect(prompts.map(({ id, text, answer }) => [id, text, answer])).toEqual(
      [
        [`mmlu/${line}`, '1, 2?', 'B'],
        [`mmlu/${line + 1}`, '3?', 'D'],
      ].slice(0, csv.trim().split('\n').length - (line - 1)),
    );
  });

  it('asks the bare question where no wording is wanted', async () => {
    const path = file('a.jsonl', JSON.stringify(FIXTURES['aime-2025']![0]));
    const [worded] = await readBenchmark({ name: 'aime-2025', path, seed: 0 });
    const [bare] = await readBenchmark({ name: 'aime-2025', path, seed: 0, wording: 'none' });
    expect(worded!.text).toBe(
      'Count to 70.\n\nPlease reason step by step, and put your final answer within \\boxed{}.',
    );
    expect(bare).toEqual({
      id: 'aime-2025/1',
      task: 'aime-2025',
      text: 'Count to 70.',
      answer: '70',
      columns: { problem_idx: 1, problem: 'Count to 70.', answer: 70 },
    });
  });

  it('has all columns, frozen, but for those that are unpacked into meta', () => {
    const [row] = rowsOf(FIXTURES.livecodebench![0]!);
    const { columns } = benchmarkItems(benchmarkOf('livecodebench'), [row!], { seed: 0 })[0]!.prompt;
    expect(Object.keys(columns!).sort()).toEqual(
      Object.keys(row!.fields)
        .filter((name) => !name.endsWith('_test_cases'))
        .sort(),
    );
    expect(Object.isFrozen(columns)).toBe(true);
  });

  it('has the language in which replies are expected where one is given', async () => {
    const path = file('l.jsonl', JSON.stringify(FIXTURES['aime-2025']![0]));
    const [prompt] = await readBenchmark({ name: 'aime-2025', path, seed: 0, language: 'en' });
    expect(prompt!.language).toBe('en');
  });

  it('says which file is expected for one that is missing, empty, or of other columns', async () => {
    const expected =
      /MATH-500 is read from a file such as data\/math-500\/test\.jsonl with the columns problem; answer or solution, published as HuggingFaceH4\/MATH-500/;
    for (const [path, what] of [
      [join(dir, 'none.jsonl'), /none\.jsonl: no such file/],
      [file('empty.jsonl', '\n'), /empty\.jsonl: no rows/],
      [file('other.jsonl', '{"a": 1}'), /other\.jsonl:1: column "problem" or "question" is missing/],
    ] as const) {
      const read = readBenchmark({ name: 'math-500', path, seed: 0 });
      await expect(read).rejects.toThrow(expected);
      await expect(readBenchmark({ name: 'math-500', path, seed: 0 })).rejects.toThrow(what);
    }
  });

  it('refuses an id met twice, naming both places', () => {
    const [row] = FIXTURES['math-500']!;
    expect(() => benchmarkItems(benchmarkOf('math-500'), rowsOf(row!, row!), { seed: 0 })).toThrow(
      /rows\.jsonl:2: the id math-500\/test\/algebra\/1\.json again, as in rows\.jsonl:1/,
    );
  });
});
