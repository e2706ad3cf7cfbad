import { describe, expect, it } from 'vitest';
import { sampleOf } from '../../tests/support/long.ts';
import { UserError } from '../errors.ts';
import type { Json } from '../records.ts';
import { type Bounded, boundTokenizer } from './bounded-tokenizer.ts';
import { byteLevelJson, filesOf } from './testing.ts';
import { Tokenizer } from './tokenizer.ts';

const LIMIT = { baseMs: 60, msPerCharacter: 0 };
const LONG = 'a'.repeat(60);

/** Does what the library does with a pattern. */
function engineOf(pattern: string): Bounded {
  const regex = new RegExp(pattern, 'gu');
  return {
    normalizer: { normalize: (text) => text.replaceAll(regex, '-') },
    encode: (text) => text.split(regex),
    decode: (ids) => ids.join('').replaceAll(regex, '-'),
  };
}

function bounded(
  pattern: string,
  part: 'normalizer' | 'pre_tokenizer' | 'decoder' = 'pre_tokenizer',
): Bounded {
  const engine = engineOf(pattern);
  const inner: Json = { type: 'Sequence', list: [{ type: 'Split', pattern: { Regex: pattern } }] };
  boundTokenizer(engine, { [part]: inner }, 'dir/tokenizer.json', LIMIT);
  return engine;
}

function thrown(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('nothing was thrown');
}

const HOSTILE = [
  '(a+)+$',
  '(\\w+\\s?)*:',
  '(a|a)*b',
  '(a|aa)+$',
  '([a-z]+)*\\d',
  '(.*)*x',
  '(?=(a+)+$)a',
  '(x+x+)+y|(a*)*b',
];

describe('boundTokenizer', () => {
  it.each(HOSTILE)('ends %s by name', (pattern) => {
    const error = thrown(() => bounded(pattern).encode(`${LONG}!`, {}));
    expect(error.message).toContain(
      `dir/tokenizer.json: the regular expression ${pattern} of the tokenizer took`,
    );
    expect(error.message).toContain('text of length 61');
    // What a server shows its clients.
    expect((error.cause as Error).message).not.toContain('dir');
  });

  it('bounds normalizing and decoding too', () => {
    expect(thrown(() => bounded('(a+)+$', 'normalizer').normalizer!.normalize(`${LONG}!`)).message).toContain(
      'took',
    );
    const ids = Array.from({ length: 60 }, () => 1);
    expect(thrown(() => bounded('(1+)+$', 'decoder').decode([...ids, 2], {})).message).toContain('took');
  });

  it('changes no result, and lets one call stand inside another', () => {
    expect(bounded('(\\w+\\s?)*:').encode('a b: c', {})).toEqual(['', 'b', ' c']);
    const outer = bounded('(a+)+b');
    const inner = bounded('(c+)+d');
    const encode = outer.encode.bind(outer);
    Object.assign(outer, { encode: (text: string) => [encode(text, {}), inner.encode(text, {})] });
    expect(outer.encode('aab cd', {})).toEqual([
      ['', 'aa', ' cd'],
      ['aab ', 'c', ''],
    ]);
  });

  it('bounds a pattern of a known power on long texts alone', () => {
    const engine = bounded('[a-z]+[0-9]+');
    expect(engine.encode('a1 b', {})).toEqual(['', ' b']);
    expect(thrown(() => engine.encode('a'.repeat(1e6), {})).message).toContain(
      '[a-z]+[0-9]+ of the tokenizer took',
    );
  });

  it('leaves a tokenizer alone whose patterns are linear', () => {
    const engine = engineOf('\\s+');
    const { encode } = engine;
    boundTokenizer(engine, { pre_tokenizer: { pattern: { Regex: '\\s+' } } }, 'tokenizer.json', LIMIT);
    expect(engine.encode).toBe(encode);
  });

  it('names a pattern that is too large to be run, and passes other errors on', () => {
    const engine = bounded('(a+)+b');
    const broken = { ...engine, encode: () => ''.repeat(-1) as never };
    boundTokenizer(broken, { pre_tokenizer: { Regex: '(a+)+b' } }, 'tokenizer.json', LIMIT);
    expect(thrown(() => (broken as Bounded).encode('', {})).message).toMatch(/\(a\+\)\+b .* cannot be run/);
    const other = {
      ...engine,
      encode: (_text: string, _options: object): never => {
        throw new TypeError('mistake');
      },
    };
    boundTokenizer(other, { pre_tokenizer: { Regex: '(a+)+b' } }, 'tokenizer.json', LIMIT);
    expect(() => other.encode('', {})).toThrow(TypeError);
  });
});

it.each(sampleOf(HOSTILE, 1))('a tokenizer.json with %s ends by name', (pattern) => {
  const pre_tokenizer = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  const tokenizer = new Tokenizer(filesOf({ 'tokenizer.json': { ...byteLevelJson(), pre_tokenizer } }));
  expect(tokenizer.encode('ab').length).toBeGreaterThan(0);
  expect(thrown(() => tokenizer.encode(`${LONG}!`)).message).toContain(pattern);
});
