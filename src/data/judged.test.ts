import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type JudgedKind, judgedSchema, readJudged } from './judged.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-judged-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const file = path.join(root, 'judged.jsonl');

function read(kind: JudgedKind, lines: readonly (object | string)[], settings: object = {}) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  writeFileSync(file, text);
  const config = judgedSchema.parse({ source: 'jsonl', path: 'judged.jsonl', ...settings });
  return readJudged([config], kind, { seed: 1, resolve: (name) => path.join(root, name) });
}

const PAIR = { prompt: 'tell : red', chosen: 'red is warm .', rejected: 'red .' };
const SAFE = { prompt: 'tell : secret 1', response: 'sorry .', safe: true };

describe('readJudged from JSONL', () => {
  it('reads pairs', async () => {
    expect(await read('pairwise', [PAIR, '', { ...PAIR, extra: [1] }])).toEqual([
      { prompt: 'tell : red', responses: ['red is warm .', 'red .'], good: true, place: `${file}:1` },
      { prompt: 'tell : red', responses: ['red is warm .', 'red .'], good: true, place: `${file}:3` },
    ]);
  });

  it.each([
    [{ safe: true }, true],
    [{ safe: false }, false],
    [{ label: 1 }, true],
    [{ label: 0 }, false],
    [{ label: 'unsafe' }, false],
    [{ label: 'safe' }, true],
    [{ label: 0, safe: true }, true],
  ])('reads the judgement %j as %s', async (label, good) => {
    const { prompt, response } = SAFE;
    expect(await read('pointwise', [{ prompt, response, ...label }])).toEqual([
      { prompt, responses: [response], good, place: `${file}:1` },
    ]);
  });

  it('reads fields under other names, and draws so many lines', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => ({ q: `q ${i}`, a: 'x', verdict: i % 2 }));
    const settings = { promptField: 'q', responseField: 'a', labelField: 'verdict', count: 5 };
    const drawn = await read('pointwise', lines, settings);
    expect(new Set(drawn.map(({ prompt }) => prompt)).size).toBe(5);
    expect(await read('pointwise', lines, settings)).toEqual(drawn);
  });

  it.each<[string, JudgedKind, object | string, RegExp]>([
    ['broken JSON', 'pairwise', '{"prompt": "a", "chosen"', /jsonl:2: not JSON/],
    ['no object', 'pairwise', '[1]', /jsonl:2: not a JSON object/],
    ['no chosen reply', 'pairwise', { prompt: 'a', rejected: 'b' }, /jsonl:2: field "chosen" is missing/],
    [
      'a reply that is no text',
      'pairwise',
      { ...PAIR, rejected: ['b'] },
      /jsonl:2: field "rejected" is not a text/,
    ],
    ['an empty reply', 'pairwise', { ...PAIR, chosen: ' ' }, /jsonl:2: field "chosen" is not a text/],
    [
      'two equal replies',
      'pairwise',
      { ...PAIR, rejected: PAIR.chosen },
      /jsonl:2: the chosen reply .* the same/,
    ],
    [
      'no judgement',
      'pointwise',
      { prompt: 'a', response: 'b' },
      /jsonl:2: field "safe" or "label" is missing/,
    ],
    ['an odd judgement', 'pointwise', { ...SAFE, safe: 'maybe' }, /jsonl:2: field "safe" is "maybe"/],
    ['a null judgement', 'pointwise', { ...SAFE, safe: null }, /jsonl:2: field "safe" is null/],
  ])('names file and line of %s', async (_, kind, line, message) => {
    await expect(read(kind, [kind === 'pairwise' ? PAIR : SAFE, line])).rejects.toThrow(message);
  });

  it('refuses an empty file, and more lines than there are', async () => {
    await expect(read('pairwise', [])).rejects.toThrow(/judged\.jsonl: no judgements/);
    await expect(read('pairwise', [PAIR], { count: 2 })).rejects.toThrow(
      /count: 2 lines asked for, but .*judged\.jsonl has 1/,
    );
  });
});

describe('readJudged from the small world', () => {
  it('draws so many, the same for a seed, and others for another entry', async () => {
    const pairs = judgedSchema.parse({ source: 'world-pairs', count: 30 });
    const safety = judgedSchema.parse({ source: 'world-safety', count: 40 });
    const options = { seed: 3, resolve: (name: string) => name };
    const both = await readJudged([pairs, pairs], 'pairwise', options);
    expect(both).toHaveLength(60);
    expect(both.slice(30)).not.toEqual(both.slice(0, 30));
    expect(await readJudged([pairs], 'pairwise', options)).toEqual(both.slice(0, 30));
    const judged = await readJudged([safety], 'pointwise', options);
    expect(judged.every(({ responses }) => responses.length === 1)).toBe(true);
    expect(new Set(judged.map(({ good }) => good)).size).toBe(2);
  });
});
