import { describe, expect, it } from 'vitest';
import { busyCores } from './busy-cores.ts';

describe('busyCores', () => {
  it('names the load, the cores and the setting', () => {
    expect(busyCores('cpu', 2, 2, [5.26, 3.04, 1])).toBe(
      'other work keeps the cores busy (load 3.0 on 2): with AHA_THREADS=1 a small model takes down to a third of the time. ' +
        'Results differ in their last bits.',
    );
    expect(busyCores('cpu', 2, 2, [2, 2, 0])).not.toBeNull();
  });

  it('is silent on a GPU, with one thread, and where cores are free or were until a moment ago', () => {
    const load = [5, 3, 1];
    expect(busyCores('cuda:0', 2, 2, load)).toBeNull();
    expect(busyCores('cpu', 1, 2, load)).toBeNull();
    expect(busyCores('cpu', 2, 4, load)).toBeNull();
    expect(busyCores('cpu', 2, 2, [5, 1.9, 1])).toBeNull();
    expect(busyCores('cpu', 2, 2, [1.9, 5, 5])).toBeNull();
  });
});
