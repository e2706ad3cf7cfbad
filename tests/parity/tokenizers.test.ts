/** @file Tokenizers against Hugging Face tokenizers: ids, tokens, and the text decoded again. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/text/index.ts';
import { REFERENCE } from '../reference.ts';

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly decoded: string;
}

describe.each(['digits'])('tokenizers/%s', (name) => {
  const dir = path.join(REFERENCE, 'tokenizers', name);
  const tokenizer = Tokenizer.load(dir);
  const cases = JSON.parse(readFileSync(path.join(dir, 'expected.json'), 'utf8')) as Case[];

  it.each(cases)('$text', ({ text, ids, tokens, decoded }) => {
    const own = Array.from(tokenizer.encode(text));
    expect(own.map((id) => tokenizer.tokenOf(id))).toEqual(tokens);
    expect(own).toEqual(ids);
    expect(tokenizer.decode(own)).toBe(decoded);
  });
});
