import { describe, expect, it } from 'vitest';
import { scope } from '../../torch/index.ts';
import { checkSegments, longestSegment, segmentPositions, stretchesOf } from './segments.ts';

const segments = [[2, 3], [1], []];

describe('segments', () => {
  it('say the positions of their tokens', () => {
    scope(() => {
      const positions = segmentPositions(segments, 5, 'cpu');
      expect(positions.shape).toEqual([3, 5]);
      expect(positions.dtype).toBe('int64');
      expect(positions.toArray()).toEqual([0, 1, 0, 1, 2, ...Array<number>(10).fill(0)]);
    });
  });

  it('say where they begin, the padding of a row as one more', () => {
    scope(() => {
      const [all, ...more] = stretchesOf(segments, 5, 'cpu');
      const { starts, longest } = all!.documents!;
      expect(more).toEqual([]);
      expect(all!.tokens).toBe(15);
      expect(starts.dtype).toBe('int32');
      expect(starts.toArray()).toEqual([0, 2, 5, 6, 10, 15]);
      expect(longest).toBe(5);
    });
    expect(longestSegment(segments)).toBe(3);
    expect(longestSegment([[], []])).toBe(0);
  });

  it('have a stretch for each long document, and one for all between two of them', () => {
    scope(() => {
      const found = stretchesOf([[2, 3, 1], [4], [1, 1, 3]], 6, 'cpu', 3);
      const seen = found.map(({ tokens, documents }) => [tokens, documents?.starts.toArray() ?? null]);
      expect(seen).toEqual([
        [2, [0, 2]],
        [3, null],
        [1, [0, 1]],
        [4, null],
        [4, [0, 2, 3, 4]],
        [3, null],
        [1, [0, 1]],
      ]);
    });
  });

  it('are refused where they do not fit the rows', () => {
    expect(() => checkSegments(segments, 3, 5)).not.toThrow();
    expect(() => checkSegments(segments, 2, 5)).toThrow('segments are of 3 rows, tokens of 2');
    expect(() => checkSegments(segments, 3, 4)).toThrow('row 0: segments of 5 tokens in a row of 4');
    expect(() => checkSegments([[2, 0]], 1, 4)).toThrow('row 0: a segment of 0 tokens');
    expect(() => checkSegments([[1.5]], 1, 4)).toThrow('row 0: a segment of 1.5 tokens');
  });
});
