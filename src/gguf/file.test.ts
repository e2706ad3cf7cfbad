import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { GgufFile, isGguf } from './file.ts';
import { ggufBytes, METADATA, TENSORS } from './testing.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'gguf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function opened(bytes: Uint8Array): GgufFile {
  const file = path.join(folder, 'a.gguf');
  writeFileSync(file, bytes);
  return new GgufFile(file);
}

/** The message of the error that a file gives; null where it opens. */
function problem(bytes: Uint8Array): string | null {
  try {
    opened(bytes).close();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).exitCode).toBe(2);
    const [what, remedy] = (error as UsageError).message.split('\n  ');
    expect(what).toContain('a.gguf: ');
    expect(remedy).toMatch(/\w+ .*\.$/);
    return what!.slice(what!.indexOf('a.gguf: ') + 8);
  }
}

/** The bytes with one number overwritten: where `text` ends, and some bytes on. */
function altered(text: string, further: number, value: bigint, bits: 32 | 64): Buffer {
  const bytes = Buffer.from(ggufBytes());
  const at = bytes.indexOf(text) + text.length + further;
  if (bits === 64) bytes.writeBigUInt64LE(value, at);
  else bytes.writeUInt32LE(Number(value), at);
  return bytes;
}

describe('a GGUF file', () => {
  it('gives back the metadata and tensors that were written', () => {
    using file = opened(ggufBytes());
    expect(file.version).toBe(3);
    expect(file.metadata.keys).toEqual([...METADATA.keys()]);
    for (const [key, { value }] of METADATA) expect(file.metadata.get(key)).toEqual(value);
    const tensors = [...file.tensors.values()];
    expect(tensors.map(({ name, shape, encoding }) => ({ name, encoding: encoding.name, shape }))).toEqual(
      TENSORS,
    );
    const bytes = new Uint8Array(8);
    file.read(file.tensors.get('blk.0.ffn_up.weight')!, bytes, 30);
    expect([...bytes]).toEqual([30, 31, 32, 33, 34, 35, 36, 37]);
    expect(() => file.read(file.tensors.get('output_norm.weight')!, bytes, 5)).toThrow(RangeError);
  });

  it('is known by its name, or as a file where folders are expected', () => {
    expect(isGguf('nowhere/x.gguf')).toBe(true);
    expect(isGguf(import.meta.filename)).toBe(true);
    expect(isGguf(import.meta.dirname)).toBe(false);
    expect(() => new GgufFile('nowhere/x.gguf')).toThrow(/cannot read nowhere\/x\.gguf: ENOENT/);
    expect(() => new GgufFile(folder)).toThrow(/it is no file/);
  });

  it('is refused wherever it is cut short', () => {
    const bytes = ggufBytes();
    const end = bytes.length - 32 + 10;
    for (let length = 0; length < end; length += 1) {
      expect(problem(bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).not.toBeNull();
    }
    expect(problem(bytes.subarray(0, end))).toBeNull();
  });

  it('is opened or refused by name, whatever bytes are altered', () => {
    const whole = ggufBytes();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          problem(bytes);
        },
      ),
      { numRuns: 400 },
    );
  });

  const most = 2n ** 64n - 1n;
  it.each<[string, Buffer, RegExp]>([
    ['the magic', altered('', 0, 1n, 32), /^it begins with ".*", a GGUF file with "GGUF"/],
    ['an old version', altered('GGUF', 0, 1n, 32), /^GGUF version 1 is not supported \(only 2 and 3\)/],
    ['the other byte order', altered('GGUF', 0, 0x03000000n, 32), /^its numbers are big-endian/],
    ['a number of tensors', altered('GGUF', 4, 2n ** 40n, 64), /^it claims 1099511627776 tensors/],
    [
      'a number beyond numbers',
      altered('GGUF', 4, most, 64),
      /^the number of tensors is 18446744073709551615/,
    ],
    ['a number of keys', altered('GGUF', 12, 50_000n, 64), /^it claims 50000 metadata keys/],
    ['a long key', altered('GGUF', 20, 2n ** 33n, 64), /^metadata key 0 at byte 32 takes 8589934592 bytes/],
    [
      'a type',
      altered('llama.block_count', 0, 99n, 32),
      /^metadata llama\.block_count is of the unknown type 99/,
    ],
    ['a list of lists', altered('ggml.tokens', 4, 9n, 32), /ggml\.tokens is an array of arrays/],
    ['a long list', altered('ggml.scores', 8, 2n ** 50n, 64), /ggml\.scores claims 1125899906842624 items/],
    [
      'a long string',
      altered('general.architecture', 4, 2n ** 31n, 64),
      /^general\.architecture at byte \d+ takes/,
    ],
    ['dimensions', altered('ffn_up.weight', 0, 9n, 32), /^tensor "blk\.0\.ffn_up\.weight" has 9 dimensions/],
    [
      'a huge shape',
      altered('token_embd.weight', 4, 2n ** 52n, 64),
      /^tensor "token_embd\.weight" has the shape/,
    ],
    ['a shape of nothing', altered('token_embd.weight', 4, 0n, 64), /has the shape \[3, 0\]/],
    ['a shape too large', altered('token_embd.weight', 4, 2n ** 30n, 64), /ends at byte \d+, the file at/],
    [
      'rows that are no blocks',
      altered('ffn_up.weight', 4, 33n, 64),
      /has rows of 33, Q8_0 takes multiples of 32/,
    ],
    ['an unsupported type', altered('ffn_up.weight', 20, 23n, 32), /has the unsupported type IQ4_XS/],
    ['an unknown type', altered('ffn_up.weight', 20, 777n, 32), /has the unsupported type type 777/],
    [
      'an unaligned offset',
      altered('ffn_up.weight', 24, 65n, 64),
      /begins at 65, no multiple of the alignment 32/,
    ],
    [
      'an overlap',
      altered('ffn_up.weight', 24, 32n, 64),
      /^tensor "blk\.0\.ffn_up\.weight" overlaps "token_embd/,
    ],
    ['an offset beyond', altered('ffn_up.weight', 24, 2n ** 40n, 64), /ends at byte 109951\d+, the file at/],
  ])('with %s altered is refused by name', (_, bytes, message) => {
    expect(problem(bytes)).toMatch(message);
  });

  it('with tensors or keys of one name, or another alignment, is refused by name', () => {
    const twice = ggufBytes(METADATA, [TENSORS[0]!, TENSORS[0]!]);
    expect(problem(twice)).toMatch(/^tensor "token_embd\.weight" is there twice/);
    const key = Buffer.from(
      ggufBytes(
        new Map([
          ['aaa', { type: 'bool', value: true }],
          ['aab', { type: 'bool', value: true }],
        ]),
      ),
    );
    key[key.indexOf('aab') + 2] = 'a'.charCodeAt(0);
    expect(problem(key)).toBe('metadata has aaa twice');
    const alignment = (value: number): Buffer =>
      ggufBytes(new Map([['general.alignment', { type: 'u32', value }]]));
    expect(problem(alignment(48))).toBe('metadata general.alignment is 48, expected a power of two');
    expect(problem(alignment(0))).toMatch(/general\.alignment is 0/);
    expect(problem(alignment(8))).toBeNull();
  });

  it('takes no memory for lengths that it only claims', () => {
    const before = process.memoryUsage().rss;
    for (let power = 20n; power < 64n; power += 1n) {
      problem(altered('ggml.tokens', 8, 2n ** power, 64));
      problem(altered('token_embd.weight', 4, 2n ** power, 64));
      problem(altered('general.architecture', 4, 2n ** power, 64));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});
