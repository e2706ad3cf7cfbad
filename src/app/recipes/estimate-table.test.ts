import { describe, expect, it } from 'vitest';
import { bytesInWords } from '../../bytes.ts';
import { compact, estimateTable } from './estimate-table.ts';

const cost = { parameters: 812_160, bytes: 2 ** 20, seconds: 61, basis: 'counted' };

describe('estimateTable', () => {
  it('has a row a stage and a total', () => {
    const rows = [
      { name: 'A', stage: 'count', estimate: { ...cost, tokens: 1_270_000 } },
      { name: 'Second', stage: 'count', estimate: { ...cost, tokens: 3000 } },
      { name: 'C', stage: 'interrupt', estimate: {} },
    ];
    expect(estimateTable(rows).split('\n')).toEqual([
      'stage   kind       parameters  tokens  memory    time  basis',
      'A       count            812K   1.27M   1 MiB  1m 01s  counted',
      'Second  count            812K      3K   1 MiB  1m 01s  counted',
      'C       interrupt',
      'total                           1.27M          2m 02s',
    ]);
  });
});

describe('figures', () => {
  it('are short', () => {
    expect([812_160, 671e9, 42].map(compact)).toEqual(['812K', '671B', '42']);
    expect([2 ** 20, 3 * 2 ** 30, 12.2 * 2 ** 40].map(bytesInWords)).toEqual([
      '1 MiB',
      '3.0 GiB',
      '12.2 TiB',
    ]);
  });
});
