import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { FIXTURES } from '../benchmarks/testing.ts';
import { openPrompts, promptsSchema } from '../tasks.ts';
import { readEvaluationSet } from './evaluation-set.ts';
import { describeReport, prepare, prepareShape } from './prepare.ts';
import { itemsOf } from './testing.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-prepare-'));
  const jsonl = (name: string, rows: readonly object[]) =>
    writeFileSync(join(dir, name), rows.map((row) => JSON.stringify(row)).join('\n'));
  jsonl('test.jsonl', [{ question: LONG }, { question: 'Short one?' }]);
  jsonl('gsm8k.jsonl', FIXTURES.gsm8k!);
  jsonl('math.jsonl', FIXTURES.math!);
  jsonl('train.jsonl', [
    { question: 'A new problem of ours.', answer: 'So.\n#### 1', level: 3 },
    { question: 'Another problem of ours.', answer: 'So.\n#### 2', level: 1 },
  ]);
});
afterAll(() => rmSync(dir, { recursive: true }));

const LONG = 'Find the least positive integer that has exactly twelve divisors and ends in four.';
const settings = (given: object) => z.strictObject(prepareShape).parse(given);

describe('prepare', () => {
  it('filters, then deduplicates, then decontaminates, and reports each', async () => {
    const items = itemsOf('x', 'Short one?', `Hello. ${LONG}`, 'Kept problem', 'kept  PROBLEM', 'Also kept');
    const { items: kept, report } = await prepare(
      'f.jsonl',
      items,
      settings({
        filters: { minCharacters: 2 },
        dedup: 'exact',
        decontaminate: [join(dir, 'test.jsonl')],
      }),
    );
    expect(kept.map(({ prompt }) => prompt.id)).toEqual(['i4', 'i6']);
    expect(report).toEqual({
      file: 'f.jsonl',
      read: 6,
      kept: 2,
      filtered: { minCharacters: 1 },
      repeats: [{ id: 'i5', of: 'i4', similarity: 1 }],
      conflicts: [],
      ngram: 10,
      evaluationSets: [{ name: 'test.jsonl', questions: 2, dropped: 2 }],
      overlaps: [
        { id: 'i2', set: 'test.jsonl', question: 'test.jsonl:2', words: 'short one?' },
        {
          id: 'i3',
          set: 'test.jsonl',
          question: 'test.jsonl:1',
          words: 'find the least positive integer that has exactly twelve divisors',
        },
      ],
    });
    expect(describeReport(report)).toBe(
      'f.jsonl: 2 of 6 prompts kept, 1 dropped by minCharacters, 1 repeated, 2 share 10 words with test.jsonl',
    );
  });

  it('keeps everything in order where nothing is asked', async () => {
    const items = itemsOf('a', 'a', 'b');
    expect((await prepare('f', items, settings({}))).items).toEqual(items);
  });

  it('says why no prompt is left', async () => {
    const prepared = prepare('f.jsonl', itemsOf('a', 'b'), settings({ filters: { match: 'z' } }));
    await expect(prepared).rejects.toThrow(/f\.jsonl: no prompts left of 2: 2 dropped by match/);
  });
});

describe('evaluation sets', () => {
  it('are benchmarks by name, or files with a named or usual column', async () => {
    const benchmark = await readEvaluationSet({ benchmark: 'gsm8k', path: join(dir, 'gsm8k.jsonl') });
    expect(benchmark).toMatchObject({ name: 'gsm8k', questions: [{ id: 'gsm8k/1' }, { id: 'gsm8k/2' }] });
    const named = await readEvaluationSet({ path: join(dir, 'math.jsonl'), field: 'solution' });
    expect(named.questions[0]).toEqual({ id: 'math.jsonl:1', question: 'It is $\\boxed{1}$.' });
  });

  it('say which column is missing, and that a file is empty', async () => {
    const path = join(dir, 'math.jsonl');
    await expect(readEvaluationSet({ path, field: 'q' })).rejects.toThrow(
      /math\.jsonl:1: column "q" is missing/,
    );
    writeFileSync(join(dir, 'empty.jsonl'), '');
    await expect(readEvaluationSet(join(dir, 'empty.jsonl'))).rejects.toThrow(UserError);
  });
});

describe('settings of file tasks', () => {
  const open = (entry: object) => {
    const notes: string[] = [];
    const resolve = (path: string) => join(dir, path);
    const note = (text: string) => notes.push(text);
    return openPrompts(promptsSchema.parse([entry]), { seed: 1, resolve, note }).then((source) => ({
      source,
      notes,
    }));
  };

  it('filter and decontaminate a benchmark’s training file by questions, not by its wording', async () => {
    const entry = { task: 'benchmark', name: 'gsm8k', path: 'train.jsonl' };
    const decontaminate = [{ benchmark: 'gsm8k', path: 'gsm8k.jsonl' }, 'math.jsonl'];
    const { source, notes } = await open({
      ...entry,
      decontaminate,
      filters: { fields: [{ field: 'level', min: 2 }] },
    });
    expect(source.size).toBe(1);
    expect(source.next(1)[0]!.text).toContain('A new problem of ours.');
    expect(notes).toEqual([
      expect.stringMatching(
        /train\.jsonl: 1 of 2 prompts kept, 1 dropped by level, 0 share 10 words with gsm8k, 0 share 10 words with math\.jsonl$/,
      ),
    ]);
  });

  it('say nothing where nothing was left out', async () => {
    expect((await open({ task: 'benchmark', name: 'gsm8k', path: 'train.jsonl' })).notes).toEqual([]);
  });

  it('find a training problem that is the test problem', async () => {
    const same = { task: 'benchmark', name: 'gsm8k', path: 'gsm8k.jsonl', decontaminate: ['gsm8k.jsonl'] };
    await expect(open(same)).rejects.toThrow(/no prompts left of 2: 2 share 10 words with gsm8k\.jsonl/);
  });
});
