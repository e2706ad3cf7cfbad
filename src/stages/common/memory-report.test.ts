import { describe, expect, it } from 'vitest';
import { memoryReport } from './memory-report.ts';

describe('memoryReport', () => {
  it('has the resident memory alone on the CPU', () => {
    const report = memoryReport('cpu');
    expect(Object.keys(report)).toEqual(['memory/resident_bytes']);
    const actual = process.memoryUsage.rss();
    expect(Math.abs(report['memory/resident_bytes']! - actual)).toBeLessThan(0.5 * actual);
  });
});
