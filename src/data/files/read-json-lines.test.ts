import { describe, expect, it } from 'vitest';
import { objectsOf } from './read-rows.ts';
import { type Row, textIn } from './row.ts';

/** The objects of a text that arrives in chunks of `size` bytes. */
async function read(content: string | Uint8Array, size = 1000): Promise<Row[]> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const lines: Row[] = [];
  for await (const line of objectsOf(chunks(), 'file')) lines.push(line);
  return lines;
}

describe('objectsOf', () => {
  it.each([1, 2, 7, 1000])(
    'reads objects with their lines, in chunks of %i; blank lines, a byte-order mark and \\r are skipped',
    async (size) => {
      expect(await read('\uFEFF{"a": "三"}\r\n\n  \n{"a": 2}', size)).toEqual([
        { fields: { a: '三' }, number: 1, place: 'file:1' },
        { fields: { a: 2 }, number: 4, place: 'file:4' },
      ]);
    },
  );

  it.each([
    ['{"a": 1}\n[1]', /:2: not a JSON object/],
    ['null', /:1: not a JSON object/],
    ['{"a": 1}\n{', /:2: not JSON/],
    [Uint8Array.of(0xff, 0xfe), /not UTF-8/],
  ])('refuses %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it.each([600, 100_000])('refuses a line nested %i levels deep', async (levels) => {
    const deep = `{"a": 1}\n{"a": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
    await expect(read(deep)).rejects.toThrow(/:2: nested more than 500 levels deep/);
    const objects = `{"a": ${'{"b": '.repeat(levels)}1${'}'.repeat(levels)}}`;
    await expect(read(objects)).rejects.toThrow(/:1: nested more than 500 levels deep/);
  });

  it('takes brackets in texts for no nesting', async () => {
    const text = `${'['.repeat(2000)}\\"${'{'.repeat(2000)}`;
    expect(await read(JSON.stringify({ text, list: Array.from({ length: 900 }, () => []) }))).toHaveLength(1);
  });

  it('refuses a line that no text can hold, having kept no more than that of it', async () => {
    const chunk = new Uint8Array(2 ** 24).fill(0x20);
    let given = 0;
    async function* endless() {
      for (; ; given++) yield chunk;
    }
    const reading = objectsOf(endless(), 'file');
    await expect(reading.next()).rejects.toThrow(/file:1: a line of more than 256 MiB/);
    expect(given).toBe(16);
  });
});

describe('textIn', () => {
  it('gives the text, or names the place and the setting', async () => {
    const [line] = await read('{"a": "x", "b": " ", "toString": 1}');
    expect(textIn(line!, 'a', 'aField')).toBe('x');
    expect(() => textIn(line!, 'b', 'bField')).toThrow(/:1: field "b" is not a text with something in it/);
    expect(() => textIn(line!, 'hasOwnProperty', 'cField')).toThrow(/:1: field .* is missing .*\n.*cField/);
  });
});
