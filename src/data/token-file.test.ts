import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenFile, type TokenPart, writeTokenFile } from './token-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-tokens-'));
afterAll(() => rmSync(dir, { recursive: true }));

const ids = (from: number, count: number) => Int32Array.from({ length: count }, (_, i) => from + i);

async function* parts(...all: [Int32Array, boolean][]): AsyncGenerator<TokenPart> {
  for (const [tokens, ends] of all) yield { tokens, ends };
}

/** All pieces of a file, as arrays. */
function piecesIn(path: string, length: number): number[][] {
  const file = TokenFile.open(path, length)!;
  const pieces = Array.from({ length: file.pieces }, (_, i) => [...file.read(i)]);
  file.close();
  return pieces;
}

describe('TokenFile', () => {
  it('gives back short documents whole and long ones in pieces that share a token', async () => {
    const path = join(dir, 'a');
    await writeTokenFile(
      path,
      parts([ids(10, 3), true], [ids(20, 4), false], [ids(24, 3), true], [ids(90, 1), true]),
    );
    expect(piecesIn(path, 4)).toEqual([[10, 11, 12], [20, 21, 22, 23], [23, 24, 25, 26], [90]]);
    expect(piecesIn(path, 5)).toEqual([[10, 11, 12], [20, 21, 22, 23, 24], [24, 25, 26], [90]]);
    expect(piecesIn(path, 7)).toEqual([[10, 11, 12], [...ids(20, 7)], [90]]);
    expect(piecesIn(path, 2).filter((piece) => piece.length === 2)).toHaveLength(2 + 6);
    expect(TokenFile.open(path, 7)).toMatchObject({ documents: 3, tokens: 11 });
  });

  it('holds more documents and tokens than are written at once', async () => {
    const path = join(dir, 'many');
    const documents = Array.from({ length: 5000 }, (_, i) => ids(7 * i, 100 + (i % 3)));
    await writeTokenFile(path, parts(...documents.map((tokens): [Int32Array, boolean] => [tokens, true])));
    const file = TokenFile.open(path, 128)!;
    expect(file.pieces).toBe(5000);
    for (const i of [0, 1, 1023, 1024, 2048, 4999]) expect([...file.read(i)]).toEqual([...documents[i]!]);
    file.close();
  });

  it('does not open a file whose totals are damaged', async () => {
    const path = join(dir, 'damaged');
    await writeTokenFile(path, parts([ids(1, 5), true]));
    for (const totals of ['{', 'null', '{"documents":1}', '[]']) {
      writeFileSync(`${path}.json`, totals);
      expect(TokenFile.open(path, 4)).toBeUndefined();
    }
  });

  it('does not open what was cut short or never finished', async () => {
    const path = join(dir, 'cut');
    expect(TokenFile.open(path, 4)).toBeUndefined();
    await writeTokenFile(path, parts([ids(0, 9), true]));
    truncateSync(path, 20);
    expect(TokenFile.open(path, 4)).toBeUndefined();
    writeFileSync(join(dir, 'draft'), 'x');
    expect(TokenFile.open(join(dir, 'draft'), 4)).toBeUndefined();
  });
});
