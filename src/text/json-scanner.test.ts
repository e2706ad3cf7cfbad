import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../tests/support/long.ts';
import { JsonObjectScanner, type ScanState } from './json-scanner.ts';

/** The state after each letter, up to the first that ends it. */
function scan(text: string): { states: ScanState[]; scanner: JsonObjectScanner } {
  const scanner = new JsonObjectScanner();
  const states: ScanState[] = [];
  for (const letter of text.split('')) {
    states.push(scanner.push(letter));
    if (states.at(-1) !== 'more') break;
  }
  return { states, scanner };
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 4 });

describe('JsonObjectScanner', () => {
  it('takes any object whole, and tells its members as they are written', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(0, 2), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const { states, scanner } = scan(text);
        expect([states.length, states.at(-1), scanner.text]).toEqual([text.length, 'done', text]);
        const read = scanner.members.map(({ key, value }) => [key, JSON.parse(value) as unknown]);
        expect(read).toEqual(Object.entries(JSON.parse(text) as object));
      }),
    );
  });

  it('agrees with JSON.parse on what is an object, after any change of letters', () => {
    const edit = fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\u0e.-+1 \n\tat\u0000'), fc.boolean());
    fc.assert(
      fc.property(objects, fc.array(edit, { minLength: 1, maxLength: 3 }), (object, edits) => {
        let text = JSON.stringify(object);
        for (const [at, letter, isInserted] of edits) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + letter + text.slice(isInserted ? place : place + 1);
        }
        text = text.trimEnd();
        const { states } = scan(text);
        expect(states.at(-1) === 'done' && states.length === text.length, text).toBe(isObjectText(text));
      }),
      { numRuns: runs(1_000, 20_000) },
    );
  });

  it('refuses at the first letter that cannot be JSON', () => {
    const places = [
      '[',
      '{a',
      '{"a" 1',
      '{"a":01,',
      '{"a":tru,',
      '{"a":"\n',
      '{"a":"\\x',
      '{"a":1,}',
      '{"a":[1}',
    ];
    for (const text of places) expect(scan(`${text}…`).states.at(-1), text).toBe('bad');
    expect(scan('{"a":01,').states).toHaveLength(8);
  });

  it('names the member read last, of the object itself only', () => {
    const scanner = new JsonObjectScanner();
    const keys = [...'{"a":{"b":1},"c":'].map((letter) => {
      scanner.push(letter);
      return scanner.key;
    });
    expect([keys[0], keys[4], keys[9], keys.at(-1)]).toEqual([null, 'a', 'a', 'c']);
  });

  it('reads deep nesting at the cost of its length', () => {
    const depth = 200_000;
    expect(scan(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`).states.at(-1)).toBe('done');
  });
});
