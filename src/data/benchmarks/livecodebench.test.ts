import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codeTestsSchema, testCases } from '../../grading/sandbox/tests.ts';
import { livecodebench } from './livecodebench.ts';
import { pickledText } from './pickled-text.ts';
import { FIXTURES, rowsOf } from './testing.ts';

/** A pickle of one string as Python's protocol 4 writes it: in a frame, or beside it where it is long. */
function pickle(text: string): Buffer {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  const frame = (inside: Buffer) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(inside.length));
    return Buffer.concat([Buffer.of(0x95), length, inside]);
  };
  const op = bytes.length < 256 ? Buffer.of(0x8c, bytes.length) : Buffer.concat([Buffer.of(0x58), size]);
  const string = Buffer.concat([op, bytes]);
  const end = Buffer.of(0x94, 0x2e);
  const body =
    bytes.length < 65536 ? frame(Buffer.concat([string, end])) : Buffer.concat([string, frame(end)]);
  return Buffer.concat([Buffer.of(0x80, 4), body]);
}
const packed = (value: unknown) => deflateSync(pickle(JSON.stringify(value))).toString('base64');

const [stdin, functional] = FIXTURES.livecodebench!;
const read = (fields: object) => livecodebench.read(rowsOf({ ...stdin, ...fields })[0]!, 0);
const casesOf = (fields: object) => testCases(codeTestsSchema.parse(read(fields).meta));

describe('LiveCodeBench', () => {
  it('reads public and private tests of programs', () => {
    expect(casesOf({})).toEqual([
      { kind: 'stdio', stdin: '1 2\n', stdout: '3\n' },
      { kind: 'stdio', stdin: '5 6\n', stdout: '11\n' },
    ]);
    expect(read({}).meta).toMatchObject({ level: 'easy', date: '2024-09-01T00:00:00', language: 'python' });
  });

  it('reads packed private tests, short and long', () => {
    const tests = (input: string) => [{ input, output: 'ü\n', testtype: 'stdin' }];
    for (const input of ['1', '2'.repeat(1000), '3'.repeat(200_000)]) {
      expect(casesOf({ private_test_cases: packed(tests(input)) })[1]).toEqual({
        kind: 'stdio',
        stdin: input,
        stdout: 'ü\n',
      });
    }
  });

  it('reads tests of a method: one argument a line', () => {
    expect(casesOf(functional!)).toEqual([
      { kind: 'function', function: 'twice', args: [2, ['a']], result: 4 },
    ]);
  });

  it('asks for a program or for the given code to be completed', () => {
    const word = (fields: object) => livecodebench.word(read(fields));
    expect(word({})).toMatch(/reads its input from standard input[\s\S]*Read two numbers/);
    expect(word(functional!)).toMatch(/completes the code below[\s\S]*```python\nclass Solution:/);
  });

  it.each([
    [{ public_test_cases: '[]', private_test_cases: '' }, /"private_test_cases" is not a list with a test/],
    [{ private_test_cases: 'AAAA' }, /"private_test_cases" holds no tests that can be read/],
    [{ private_test_cases: '[{"input": 1}]' }, /holds no tests that can be read/],
    [{ private_test_cases: packed('text') }, /holds no tests that can be read/],
    [
      { private_test_cases: '[{"input": "1", "output": "2", "testtype": "functional"}]' },
      /tests of both kinds/,
    ],
    [{ ...functional, metadata: '{' }, /"metadata" is not JSON with the "func_name"/],
    [{ ...functional, metadata: '{"func_name": ""}' }, /"func_name"/],
    [
      { ...functional, public_test_cases: '[{"input": "[1", "output": "2", "testtype": "functional"}]' },
      /a functional test that is not JSON/,
    ],
  ])('refuses %j', (fields, message) => {
    expect(() => read(fields)).toThrow(message);
    expect(() => read(fields)).toThrow(/^rows\.jsonl:1: /);
  });
});

describe('pickledText', () => {
  it('reads protocols 2 to 5', () => {
    const protocol2 = Buffer.from('8002580300000061e282ac7100652e', 'hex');
    expect(() => pickledText(protocol2)).toThrow(RangeError);
    expect(pickledText(Buffer.from('80025804000000' + '61e282ac' + '71002e', 'hex'))).toBe('a€');
    expect(pickledText(Buffer.from('80059505000000000000008c016194' + '2e', 'hex'))).toBe('a');
    expect(pickledText(Buffer.from('80058d0100000000000000' + '61942e', 'hex'))).toBe('a');
  });

  it('refuses a pickle that would run something, holds two texts, or is cut', () => {
    const system = Buffer.from("cos\nsystem\n(S'true'\ntR.");
    for (const bytes of [
      system,
      Buffer.concat([Buffer.of(0x80, 4), system]),
      Buffer.concat([pickle('a').subarray(0, -1), pickle('b')]),
      pickle('abc').subarray(0, 14),
      pickle('abc').subarray(0, -1),
      Buffer.of(0x80, 4, 0x58, 1),
      Buffer.of(0x58, 255, 255, 255, 255),
      Buffer.of(0x2e),
      Buffer.alloc(0),
    ]) {
      expect(() => pickledText(bytes)).toThrow(RangeError);
    }
  });
});
