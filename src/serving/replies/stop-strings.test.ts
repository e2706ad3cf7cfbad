import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopStrings } from './stop-strings.ts';

/** What is shown of a text given in these pieces. */
function shown(pieces: readonly string[], stops: readonly string[]): { text: string; hit: boolean } {
  const matcher = new StopStrings(stops);
  let text = '';
  for (const piece of pieces) {
    const stopped = matcher.push(piece);
    text += stopped.text;
    if (stopped.hit) return { text, hit: true };
  }
  return { text: text + matcher.end(), hit: false };
}

describe('StopStrings', () => {
  it('finds a stop string spread over pieces and shows nothing of it', () => {
    expect(shown(['ab', 'cST', 'O', 'Pd'], ['STOP'])).toEqual({ text: 'abc', hit: true });
  });

  it('shows the beginning of a stop string that comes to nothing', () => {
    expect(shown(['aST', 'x', 'S'], ['STOP'])).toEqual({ text: 'aSTxS', hit: false });
  });

  it('shows at once what cannot be the beginning of one', () => {
    const matcher = new StopStrings(['\n\n']);
    expect(matcher.push('a b')).toEqual({ text: 'a b', hit: false });
    expect(matcher.push('c\n')).toEqual({ text: 'c', hit: false });
  });

  it('shows the same as a search in the whole text, however it is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), fc.array(stop, { maxLength: 3 }), (pieces, stops) => {
        const whole = pieces.join('');
        // The earliest end decides while streaming; at that moment the earliest beginning wins.
        const ends = stops.filter((s) => whole.includes(s)).map((s) => whole.indexOf(s) + s.length);
        const result = shown(pieces, stops);
        expect(result.hit).toBe(ends.length > 0);
        if (!result.hit) expect(result.text).toBe(whole);
        else {
          expect(whole.startsWith(result.text)).toBe(true);
          expect(stops.some((s) => whole.startsWith(s, result.text.length))).toBe(true);
          expect(stops.every((s) => !result.text.includes(s))).toBe(true);
        }
      }),
    );
  });
});
