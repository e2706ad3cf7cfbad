import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aha } from '../cli/testing.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-data-'));
  const train = [
    { question: 'How many legs have two dogs?', answer: 8, level: 1, source: 'ours' },
    { question: 'how many legs have two dogs?', answer: 8, level: 1 },
    { question: `Please: ${TEST}`, answer: '18', level: 2 },
    { question: 'How many legs have three dogs?', answer: 12, level: 3 },
    { question: 'How many legs have four dogs?', answer: null, level: 3 },
    { question: '三只狗有几条腿？', answer: 12, level: 3 },
  ];
  writeFileSync(join(dir, 'train.jsonl'), train.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(join(dir, 'test.jsonl'), JSON.stringify({ question: TEST, answer: 'So.\n#### 18' }));
  writeFileSync(join(dir, 'test.csv'), 'q\nHow many legs have three dogs?\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

const TEST = 'Ann has three boxes of six pens and gives none of them away, how many pens has she?';
const rows = (name: string) =>
  readFileSync(join(dir, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('aha data', () => {
  it('writes the rows that are kept, columns as they were, and a report', async () => {
    const ran = await aha(
      'data',
      join(dir, 'train.jsonl'),
      '--out',
      join(dir, 'out.jsonl'),
      '--against',
      `gsm8k=${join(dir, 'test.jsonl')}`,
      '--has-answer',
      '--language',
      'en',
      '--json',
    );
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({
      out: join(dir, 'out.jsonl'),
      report: join(dir, 'out.jsonl.report.json'),
      read: 6,
      kept: 2,
      filtered: { hasAnswer: 1, language: 1 },
      repeated: 1,
      overlapping: 1,
    });
    expect(rows('out.jsonl')).toEqual([
      { question: 'How many legs have two dogs?', answer: 8, level: 1, source: 'ours' },
      { question: 'How many legs have three dogs?', answer: 12, level: 3 },
    ]);
    const report = JSON.parse(readFileSync(join(dir, 'out.jsonl.report.json'), 'utf8')) as object;
    expect(report).toMatchObject({
      repeats: [{ id: 'train.jsonl:2', of: 'train.jsonl:1' }],
      overlaps: [{ id: 'train.jsonl:3', set: 'gsm8k', question: 'gsm8k/1' }],
    });
  });

  it('takes ranges of columns, and says in a line what it did', async () => {
    const out = join(dir, 'ranges.jsonl');
    const report = join(dir, 'report.json');
    const where = ['--where', 'level>=2', '--where', 'level<=3', '--where', 'answer=12'];
    const ran = await aha('data', join(dir, 'train.jsonl'), '--out', out, '--report', report, ...where);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(
      /train\.jsonl: 2 of 6 prompts kept, 2 dropped by level, 2 dropped by answer\nrows: .*ranges\.jsonl\nreport: .*report\.json\n/,
    );
    expect(rows('ranges.jsonl').map(({ level }) => level)).toEqual([3, 3]);
  });

  it.each([
    [['--against', 'none.jsonl'], 1, /none\.jsonl: no such file/],
    [['--against', 'TEST.csv'], 1, /test\.csv:2: column .* is missing or empty \(columns present: q\)/],
    [['--question', 'q'], 1, /train\.jsonl:1: no question in q .*question, answer.*\n.*--question/],
    [['--where', 'level'], 2, /column>=value/],
    [['--match', '('], 2, /match: not a regular expression/],
    [['--dedup', 'some'], 2, /none, exact, near/],
    [['--ngram', '0'], 2, /whole number from 1/],
    [['--match', 'nothing like it'], 1, /no prompts left of 6: 6 dropped by match/],
  ])('refuses %j', async (options, code, message) => {
    const given = options.map((option) => option.replace('TEST', join(dir, 'test')));
    const ran = await aha('data', join(dir, 'train.jsonl'), '--out', join(dir, 'never.jsonl'), ...given);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(message);
    expect(() => readFileSync(join(dir, 'never.jsonl'))).toThrow(/ENOENT/);
  });
});
