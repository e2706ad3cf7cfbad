import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBefore, type Terminal } from './items.ts';
import { literals } from './literals.ts';

const after = (terminal: Terminal, bytes: Uint8Array): Terminal | null =>
  bytes.reduce<Terminal | null>((at, byte) => at?.step(byte) ?? null, terminal);

describe('literals', () => {
  it('end by the shortest text, of equally short ones the first in the order of bytes', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(texts, (list) => {
        const terminal = literals(list);
        const best = list
          .map((text) => [...Buffer.from(text)])
          .reduce((a, b) => (b.length < a.length || (b.length === a.length && isBefore(b, a)) ? b : a));
        expect(terminal.shortest).toEqual(best);
        expect(terminal.shortestLength).toBe(best.length);
        for (const text of list) expect(after(terminal, Buffer.from(text))?.shortest).toEqual([]);
      }),
    );
  });

  it('may be long', () => {
    const terminal = literals(['x'.repeat(100_000), `y${'x'.repeat(100_000)}`]);
    expect(terminal.shortestLength).toBe(100_000);
    expect(terminal.step(0x79)?.shortest).toHaveLength(100_000);
  });
});
