import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readObjects, textIn } from './json-lines.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-json-lines-'));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

describe('readObjects', () => {
  it('reads objects with their lines; blank lines, a byte-order mark and \\r are skipped', () => {
    const path = file('good', '\uFEFF{"a": 1}\r\n\n  \n{"a": 2}');
    expect(readObjects(path)).toEqual([
      { fields: { a: 1 }, number: 1, place: `${path}:1` },
      { fields: { a: 2 }, number: 4, place: `${path}:4` },
    ]);
  });

  it.each([
    ['{"a": 1}\n[1]', /:2: not a JSON object/],
    ['null', /:1: not a JSON object/],
    ['{"a": 1}\n{', /:2: not JSON/],
    [Uint8Array.of(0xff, 0xfe), /not UTF-8/],
  ])('refuses %j', (content, message) => {
    expect(() => readObjects(file('bad', content))).toThrow(message);
  });

  it('refuses a file that is not there, and a folder', () => {
    expect(() => readObjects(join(dir, 'none'))).toThrow(/none: no such file/);
    expect(() => readObjects(dir)).toThrow(/EISDIR/);
  });
});

describe('textIn', () => {
  it('gives the text, or names the place and the knob', () => {
    const [line] = readObjects(file('texts', '{"a": "x", "b": " ", "toString": 1}'));
    expect(textIn(line!, 'a', 'aField')).toBe('x');
    expect(() => textIn(line!, 'b', 'bField')).toThrow(/:1: field "b" is not a text with something in it/);
    expect(() => textIn(line!, 'hasOwnProperty', 'cField')).toThrow(/:1: field .* is missing .*\n.*cField/);
  });
});
