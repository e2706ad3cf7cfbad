import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TakenCounts } from './taken-counts.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('tells what all readers have taken, once in a while', () => {
  const told: number[][] = [];
  const counts = new TakenCounts((pairs) => void told.push([...pairs]));
  counts.add(4, 16);
  counts.add(9, 17);
  counts.add(4, 20);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(10);
  expect(told).toEqual([[4, 36, 9, 17]]);
  counts.add(9, 1);
  vi.advanceTimersByTime(100);
  expect(told.slice(1)).toEqual([[9, 1]]);
});
