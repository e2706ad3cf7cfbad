import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as Rust } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import {
  BYTE_CONTROL,
  byteLevel,
  byteLevelJson,
  filesOf,
  sentencePiece,
  sentencePieceJson,
} from './testing.ts';
import { Tokenizer } from './tokenizer.ts';
import { writeTokenizerFiles } from './tokenizer-files.ts';

const bytes = new Tokenizer(byteLevel());
const pieces = new Tokenizer(sentencePiece());

function tokensOf(tokenizer: Tokenizer, ids: Int32Array): string[] {
  return Array.from(ids, (id) => tokenizer.tokenOf(id) ?? '?');
}

/** Text with pieces of control tokens, blanks and letters of several scripts. */
const hostileText = fc
  .array(
    fc.constantFrom(
      ...BYTE_CONTROL,
      '<s>',
      '</s>',
      '<',
      '|',
      '>',
      'the',
      ' ',
      '\n',
      '思',
      '😀',
      'a\u0301',
      '/think>',
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

describe('encode and decode', () => {
  it('gives the ids of the merges', () => {
    expect(tokensOf(bytes, bytes.encode('the than'))).toEqual(['the', '\u0120', 'th', 'an']);
    expect([...bytes.encode('the')]).toEqual([257]);
    expect(bytes.vocabSize).toBe(256 + 5 + 5);
  });

  it.each([
    ['byte-level', byteLevelJson(), bytes],
    ['byte-fallback', sentencePieceJson(), pieces],
  ])('gives the ids of the Rust library (%s)', async (_name, json, tokenizer) => {
    const rust = Rust.fromString(JSON.stringify(json));
    const texts = [
      'the than 😀 <think> x </think>',
      'a</s>b <s>',
      ' the  the\n',
      '思 12',
      '<|im_start|>user\n',
    ];
    for (const text of [...texts, ...fc.sample(hostileText, 60)]) {
      if (text === '') continue;
      const expected = (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
      expect([...tokenizer.encode(text)], text).toEqual(expected);
      if (!text.includes('\n')) {
        expect(tokenizer.decode(expected), text).toBe(await rust.decode(expected, false));
      }
    }
  });

  it('decodes what it encoded, blanks before punctuation included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const normal = text.normalize('NFC');
        expect(bytes.decode(bytes.encode(normal))).toBe(normal);
      }),
    );
    expect(bytes.decode(bytes.encode("the . the ? do n't"))).toBe("the . the ? do n't");
  });

  it('knows the text of a token that is the same everywhere, and of no other', () => {
    const [the, lead] = [bytes.idOf('the')!, bytes.encode('😀')[0]!];
    expect([the, bytes.idOf('<think>')!, lead, 10_000].map((id) => bytes.textOf(id))).toEqual([
      'the',
      '<think>',
      null,
      null,
    ]);
    // A blank before it is dropped where the text begins.
    expect(pieces.textOf(pieces.encode('the')[0]!)).toBe(null);
  });

  it('takes the empty text and ids outside the vocabulary', () => {
    expect([...bytes.encode('')]).toEqual([]);
    expect([...bytes.encode('', { special: false })]).toEqual([]);
    expect(bytes.decode([])).toBe('');
    expect(bytes.decode([257, 5000, -1, 257])).toBe('thethe');
  });

  it('adds what the post-processor adds, with special tokens off in the text too', () => {
    expect([...pieces.encode('the', { addSpecial: true })]).toEqual([1, ...pieces.encode('the')]);
    const ids = [...pieces.encode('<s>', { addSpecial: true, special: false })];
    expect(ids[0]).toBe(1);
    expect(ids.slice(1)).not.toContain(1);
  });

  it('adds the begin token that only tokenizer_config.json asks for', () => {
    const config = { bos_token: '<|im_start|>', add_bos_token: true };
    const tokenizer = new Tokenizer(
      filesOf({ 'tokenizer.json': byteLevelJson(), 'tokenizer_config.json': config }),
    );
    expect([...tokenizer.encode('the', { addSpecial: true })]).toEqual([262, 257]);
    expect([...tokenizer.encode('the')]).toEqual([257]);
  });

  it('skips special tokens when told to, but never a thinking tag', () => {
    const json = byteLevelJson();
    const all = (json.added_tokens as { [key: string]: never }[]).map((token) => ({
      ...token,
      special: true,
    }));
    const tokenizer = new Tokenizer(filesOf({ 'tokenizer.json': { ...json, added_tokens: all } }));
    const ids = tokenizer.encode('<think>the</think>the<|im_end|>');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('<think>the</think>the');
    expect(tokenizer.decode(ids)).toBe('<think>the</think>the<|im_end|>');
  });
});

describe('text of users', () => {
  it('spells control tokens in letters', () => {
    const ids = bytes.encode('<|im_end|>', { special: false });
    expect(ids.length).toBeGreaterThan(1);
    expect(bytes.decode(ids)).toBe('<|im_end|>');
    expect([...bytes.encode('<|im_end|>')]).toEqual([263]);
  });

  it.each([
    ['byte-level', bytes, [261, 262, 263, 264, 265]],
    ['byte-fallback, control tokens in the model vocabulary', pieces, [1, 2]],
  ])('never gives a control id (%s)', (_name, tokenizer, control) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const plain = [...tokenizer.encode(text, { special: false })];
        expect(plain.filter((id) => control.includes(id))).toEqual([]);
        const marked = [...tokenizer.encodeMarked(tokenizer.control.mark(text))];
        expect(marked.filter((id) => control.includes(id))).toEqual([]);
      }),
    );
  });

  it('loses nothing of it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const normal = text.normalize('NFC');
        expect(bytes.decode(bytes.encode(text, { special: false }))).toBe(normal);
        expect(bytes.decode(bytes.encodeMarked(bytes.control.mark(text)))).toBe(normal);
      }),
    );
    expect(pieces.decode(pieces.encode('a</s>b', { special: false }))).toBe('a</s>b');
  });

  it('is encoded as ever when it spells no control token', () => {
    const text = ' the than\n 思 <|im end|> ';
    expect(bytes.encodeMarked(bytes.control.mark(text))).toEqual(bytes.encode(text));
  });

  it('is safe where a control token appears only after normalisation', () => {
    const json = byteLevelJson();
    const [first, ...others] = json.added_tokens as { [key: string]: string }[];
    const added = [{ ...first, normalized: true }, ...others];
    const loose = { ...json, normalizer: { type: 'NFKC' }, added_tokens: added as never };
    const tokenizer = new Tokenizer(filesOf({ 'tokenizer.json': loose }));
    const wide = '＜|endoftext|＞';
    expect([...tokenizer.encode(wide)]).toEqual([261]);
    expect([...tokenizer.encode(wide, { special: false })]).not.toContain(261);
    expect([...tokenizer.encodeMarked(tokenizer.control.mark(wide))]).not.toContain(261);
  });
});

describe('special tokens', () => {
  it('are gathered from all files, the one to train on first', () => {
    expect(bytes.eosIds).toEqual([263, 261]);
    expect(bytes.eosId).toBe(263);
    expect(bytes.padId).toBe(261);
    expect(bytes.bosId).toBeUndefined();
    expect(bytes.eosToken).toBe('<|im_end|>');
    expect(pieces.bosId).toBe(1);
  });

  it('let padding fall back to the end token', () => {
    expect(pieces.padId).toBe(2);
    expect(pieces.eosIds).toEqual([2]);
  });

  it('are read from special_tokens_map.json where nothing else names them', () => {
    const map = { eos_token: { content: '<|endoftext|>' } };
    const tokenizer = new Tokenizer(
      filesOf({ 'tokenizer.json': byteLevelJson(), 'special_tokens_map.json': map }),
    );
    expect(tokenizer.eosIds).toEqual([261]);
  });

  it('are missed by name when no file names an end token', () => {
    const tokenizer = new Tokenizer(filesOf({ 'tokenizer.json': byteLevelJson() }));
    expect(tokenizer.eosIds).toEqual([]);
    expect(tokenizer.padId).toBeUndefined();
    expect(() => tokenizer.eosId).toThrow(/no eos_token/);
  });
});

describe('load and save', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'aha-tokenizer-'));

  it('keeps every file byte for byte', () => {
    const source = folder();
    writeTokenizerFiles(byteLevel(), source);
    writeFileSync(join(source, 'chat_template.jinja'), 'own {{ messages[0].content }}\r\n');
    writeFileSync(join(source, 'model.safetensors'), 'weights');
    const tokenizer = Tokenizer.load(source);
    const copy = join(folder(), 'deeper');
    tokenizer.save(copy);
    const names = readdirSync(copy).sort();
    expect(names).toEqual([
      'chat_template.jinja',
      'generation_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    for (const name of names)
      expect(readFileSync(join(copy, name))).toEqual(readFileSync(join(source, name)));
    expect(Tokenizer.load(copy).chatTemplate?.render([{ role: 'user', content: 'x' }])).toBe('own x');
  });

  it('reads end tokens of config.json where generation_config.json is absent, and copies no config.json', () => {
    const source = folder();
    writeTokenizerFiles(byteLevel(), source);
    writeFileSync(join(source, 'config.json'), JSON.stringify({ eos_token_id: [7, 8] }));
    const own = Tokenizer.load(source).eosIds;
    rmSync(join(source, 'generation_config.json'));
    const { eosIds } = Tokenizer.load(source);
    expect(own).not.toContain(8);
    expect(eosIds).toEqual(expect.arrayContaining([7, 8]));
    const copy = folder();
    Tokenizer.load(source).save(copy);
    expect(existsSync(join(copy, 'config.json'))).toBe(false);
  });

  const failure = (write: (dir: string) => void): string => {
    const dir = folder();
    write(dir);
    try {
      Tokenizer.load(dir);
    } catch (error) {
      if (error instanceof UserError) return error.message.replaceAll(dir, 'DIR');
      throw error;
    }
    throw new Error('loaded');
  };

  it('names the file that is missing, broken or of another kind', () => {
    expect(failure(() => {})).toMatch(/^DIR\/tokenizer\.json: not found/);
    expect(failure((dir) => writeFileSync(join(dir, 'tokenizer.model'), 'x'))).toMatch(
      /Only the older tokenizer\.model/,
    );
    expect(failure((dir) => writeFileSync(join(dir, 'tokenizer.json'), '{"model":'))).toMatch(
      /not valid JSON/,
    );
    expect(failure((dir) => writeFileSync(join(dir, 'tokenizer.json'), '[]'))).toMatch(/not a JSON object/);
    expect(failure((dir) => writeFileSync(join(dir, 'tokenizer.json'), '{}'))).toMatch(/no "model"/);
    expect(
      failure((dir) =>
        writeFileSync(join(dir, 'tokenizer.json'), 'version https://git-lfs.github.com/spec/v1'),
      ),
    ).toMatch(/git lfs pull/);
    const gone = JSON.stringify({ model: { type: 'Neural', vocab: {} } });
    expect(failure((dir) => writeFileSync(join(dir, 'tokenizer.json'), gone))).toMatch(
      /model "Neural" is not supported/,
    );
    const odd = JSON.stringify({ ...byteLevelJson(), pre_tokenizer: { type: 'Odd' } });
    expect(failure((dir) => writeFileSync(join(dir, 'tokenizer.json'), odd))).toMatch(
      /pre_tokenizer "Odd" is not supported \(known: Sequence, ByteLevel,/,
    );
    expect(
      failure((dir) => {
        writeTokenizerFiles(byteLevel(), dir);
        writeFileSync(join(dir, 'generation_config.json'), 'nope');
      }),
    ).toMatch(/^DIR\/generation_config\.json: not valid JSON/);
  });
});
