import { describe, expect, it } from 'vitest';
import { splitOf } from './split.ts';

describe('splitOf', () => {
  it('never moves a problem: pinned', () => {
    const heldOut = Array.from({ length: 60 }, (_, i) => `${i} + 1`).filter((p) => splitOf(p) === 'heldout');
    expect(heldOut).toEqual(['2 + 1', '8 + 1', '44 + 1', '45 + 1']);
  });

  it('holds out a tenth', () => {
    let heldOut = 0;
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 100; j++) if (splitOf(`${i} - ${j}`) === 'heldout') heldOut++;
    }
    expect(heldOut / 10_000).toBeCloseTo(0.1, 2); // standard error .003
  });
});
