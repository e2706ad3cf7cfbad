import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../tests/support/long.ts';
import type { Json } from '../records.ts';
import { renderChat } from './chat-template.ts';
import { parseSpelled, SpelledNumber, writeSpelled } from './spelled-json.ts';

const TEXT =
  '{"a":1.0,"b":[0.0,-0,1e3,12345678901234567890],"c":{"d":1,"e":-2.50,"f":"1.0 \\"2.0\\" \\\\"},"g":1.5,"h":[{"i":5e-324}]}';

describe('parseSpelled', () => {
  it('keeps the spelling of numbers, and the rest as JSON.parse reads it', () => {
    expect(writeSpelled(parseSpelled(TEXT))).toBe(TEXT);
    expect(JSON.stringify(parseSpelled(TEXT))).toBe(JSON.stringify(JSON.parse(TEXT)));
    const { a, g } = parseSpelled(TEXT) as { readonly a: Json; readonly g: Json };
    expect(a).toBeInstanceOf(SpelledNumber);
    expect(g).toBe(1.5);
  });

  it('reads any JSON as JSON.parse does', () => {
    const spaced = fc.json().map((text) => `\n ${text}\t`);
    fc.assert(
      fc.property(spaced, (text) => {
        expect(JSON.stringify(parseSpelled(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: runs(200, 10_000) },
    );
    expect(() => parseSpelled('{"a": 01.0}')).toThrow(SyntaxError);
  });

  it('gives a template what Python would', () => {
    // json.dumps(json.loads(TEXT)) of Python 3.11.
    const python =
      '{"a": 1.0, "b": [0.0, 0, 1000.0, 12345678901234567890], "c": {"d": 1, "e": -2.5, "f": "1.0 \\"2.0\\" \\\\"}, "g": 1.5, "h": [{"i": 5e-324}]}';
    expect(renderChat('{{ tools[0] | tojson }}', [], { tools: [parseSpelled(TEXT)] })).toBe(python);
  });
});
