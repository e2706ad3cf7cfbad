import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../text/index.ts';
import { aha } from '../cli/testing.ts';

let dir: string;
const TEXTS = ['the cat sat on the mat', 'the dog sat on the log', '猫坐在垫子上，狗坐在木头上'];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-tokenizer-'));
  const rows = TEXTS.map((text) => `${JSON.stringify({ text, body: text })}\n`).join('');
  writeFileSync(join(dir, 'a.jsonl'), rows);
  writeFileSync(join(dir, 'a.jsonl.gz'), gzipSync(rows));
  writeFileSync(join(dir, 'a.txt'), `${TEXTS.join('<|endoftext|>')}`);
  parquetWriteFile({ filename: join(dir, 'a.parquet'), columnData: [{ name: 'body', data: TEXTS }] });
});
afterAll(() => rmSync(dir, { recursive: true }));

const train = (file: string, ...rest: string[]) =>
  aha(
    'tokenizer',
    'train',
    join(dir, file),
    '--vocab-size',
    '280',
    '--out',
    join(dir, 'out'),
    '--overwrite',
    ...rest,
  );

describe('aha tokenizer train', () => {
  it('writes a tokenizer that loads, the same bytes whatever the format of the file', async () => {
    const written: string[] = [];
    for (const [file, ...rest] of [
      ['a.jsonl'],
      ['a.jsonl.gz'],
      ['a.parquet', '--column', 'body'],
      ['a.txt'],
    ] as const) {
      const ran = await train(
        file,
        '--special',
        '<think>',
        '--special',
        '</think>',
        '--min-count',
        '1',
        ...rest,
        '--json',
      );
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(ran.stdout)).toMatchObject({
        vocab_size: 280,
        merges: 21,
        documents: file === 'a.txt' ? 1 : 3,
      });
      written.push(readFileSync(join(dir, 'out', 'tokenizer.json'), 'utf8'));
    }
    expect(new Set(written).size).toBe(1);
    const tokenizer = Tokenizer.load(join(dir, 'out'));
    expect(tokenizer).toMatchObject({ vocabSize: 280, eosId: 277 });
    expect(tokenizer.encode('the <think>')).toHaveLength(3);
    expect(tokenizer.decode(tokenizer.encode(TEXTS[2]!))).toBe(TEXTS[2]);
  });

  it('says what it made, and when there was too little text', async () => {
    const ran = await train('a.jsonl', '--vocab-size', '5000', '--end', '<eos>');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^\d+ tokens from 3 documents, 83 bytes; \d\.\d\d bytes a token; \d+\.\d s\nfewer than the 5,000 asked for: .*\ntokenizer: .*out\n$/,
    );
    expect(Tokenizer.load(join(dir, 'out')).eosToken).toBe('<eos>');
  });

  it('refuses an --out that cannot be made before it reads a file', async () => {
    const taken = join(dir, 'a.txt');
    for (const out of [taken, '/proc/none/x']) {
      const failed = await aha(
        'tokenizer',
        'train',
        join(dir, 'missing.txt'),
        '--vocab-size',
        '280',
        '--out',
        out,
      );
      expect(failed).toMatchObject({ code: 2, stdout: '' });
      expect(failed.stderr).toContain(`${out}: the directory cannot be made`);
    }
  });

  it('replaces a tokenizer only with --overwrite, and counts one document as one', async () => {
    const command = [
      'tokenizer',
      'train',
      join(dir, 'a.txt'),
      '--vocab-size',
      '260',
      '--out',
      join(dir, 'kept'),
    ];
    expect((await aha(...command)).stdout).toMatch(/^\d+ tokens from 1 document, /);
    const file = join(dir, 'kept', 'tokenizer.json');
    writeFileSync(file, '{}');
    const again = await aha(...command);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/kept has a tokenizer already\n.*--overwrite/);
    expect(readFileSync(file, 'utf8')).toBe('{}');
    expect((await aha(...command, '--overwrite')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toBe('{}');
  });

  it.each([
    [
      ['a.jsonl', '--column', 'content'],
      1,
      /a\.jsonl:1: field "content" is missing \(fields present: text, body\)/,
    ],
    [['none.jsonl'], 1, /none\.jsonl: no such file/],
    [['a.jsonl', '--special', '<|endoftext|>'], 2, /special token "<\|endoftext\|>": given twice/],
    [['a.jsonl', '--vocab-size', '10'], 2, /Expected a whole number from 257/],
  ] as const)('refuses %j', async ([file, ...rest], code, message) => {
    const ran = await train(file, ...rest);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(message);
  });
});
