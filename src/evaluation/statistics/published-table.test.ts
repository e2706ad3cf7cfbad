import { describe, expect, it } from 'vitest';
import { publishedTable } from './published-table.ts';

const row = (model: string, benchmark: string, how = '2025-01-20, 30 problems × k=64') => ({
  model,
  results: [
    {
      benchmark,
      how,
      figures: {
        'pass@1': { value: 0.412, interval: [0.38, 0.445] as const },
        'cons@64': { value: 0.6, interval: [0.5, 0.7] as const },
      },
    },
  ],
});
const titles = { 'aime-2024': 'AIME 2024', 'math-500': 'MATH-500' };

describe('publishedTable', () => {
  const table = publishedTable([row('mine', 'aime-2024'), row('yours', 'math-500')], titles, 'markdown');
  const lines = table.split('\n');
  const cells = (model: string) =>
    lines
      .find((line) => line.startsWith(`| ${model} `))!
      .split('|')
      .map((cell) => cell.trim());

  it('heads a column with benchmark and metric, published ones too', () => {
    expect(cells('model').slice(2, 6)).toEqual([
      'AIME 2024 pass@1',
      'AIME 2024 cons@64',
      'AIME 2024 pass@64',
      'AIME 2024 cons@16',
    ]);
  });

  it('marks every figure as measured or published, and says where each is from', () => {
    expect(cells('mine').slice(2, 5)).toEqual(['41.2 [38.0–44.5] m1', '60.0 [50.0–70.0] m1', '–']);
    expect(cells('DeepSeek-R1').slice(2, 5)).toEqual(['79.8 p1', '86.7 p2', '90.0 p2']);
    expect(cells('DeepSeek-R1-Distill-Qwen-7B')[6]).toBe('92.8 p5');
    expect(table).toContain('- m1: measured: 2025-01-20, 30 problems × k=64');
    expect(table).toMatch(/- p1: published: DeepSeek-R1, arXiv 2501\.12948v2.*stages/);
    const marked = lines
      .slice(2)
      .filter((line) => line.startsWith('|'))
      .flatMap((line) => line.split('|').slice(2, -1));
    expect(marked.every((cell) => /^(–|.* [mp]\d)$/.test(cell.trim()))).toBe(true);
  });

  it('puts measured rows first, and leaves models out that have no figure there', () => {
    expect(lines[2]).toMatch(/^\| mine/);
    expect(lines[3]).toMatch(/^\| yours/);
    expect(publishedTable([row('mine', 'mmlu')], {})).not.toContain('o1-0912');
  });

  it('says where nothing is published, and lets no name break it', () => {
    const text = publishedTable([row('a|b\u001b[31m\nc', 'chain')], {});
    expect(text).toContain('nothing to compare with is published for chain');
    expect(text.split('\n')[1]).toMatch(/^a\|b�\[31m c /);
  });
});
