import fc from 'fast-check';
import { Tokenizer as Rust } from 'tokenizers';
import { expect, it } from 'vitest';
import { precompiled } from './precompiled.ts';

interface Node {
  readonly next: Map<number, Node>;
  value: number | null;
}

/** A table of replacements as SentencePiece writes it; each node's children have 256 units of their own. */
function charsmap(replacements: { readonly [text: string]: string }): string {
  const root: Node = { next: new Map(), value: null };
  let texts = '';
  for (const [key, text] of Object.entries(replacements)) {
    let node = root;
    for (const byte of Buffer.from(key)) {
      const next = node.next.get(byte) ?? { next: new Map(), value: null };
      node.next.set(byte, next);
      node = next;
    }
    node.value = Buffer.byteLength(texts);
    texts += `${text}\0`;
  }
  const units: number[] = [];
  let blocks = 1;
  const write = (node: Node, at: number, label: number): void => {
    const base = 256 * blocks++;
    const leaf = node.value === null ? 0 : 1;
    units[at] = label | (leaf << 8) | ((at ^ base) << 10);
    if (node.value !== null) units[base] = (node.value | 0x80000000) >>> 0;
    for (const [byte, next] of node.next) write(next, base + byte, byte);
  };
  write(root, 0, 0);
  const bytes = Buffer.alloc(4 + 1024 * blocks);
  bytes.writeUInt32LE(1024 * blocks);
  for (const [i, unit] of Object.entries(units)) bytes.writeUInt32LE(unit, 4 + 4 * Number(i));
  return Buffer.concat([bytes, Buffer.from(texts)]).toString('base64');
}

const json = {
  type: 'Precompiled',
  precompiled_charsmap: charsmap({
    ﬁ: 'fi',
    '\u3000': ' ',
    'e\u0301': 'é',
    '①': '1',
    Ａ: 'A',
    '\u200b': '',
    漢字: 'kanji',
  }),
};

it('replaces as the Rust library does', () => {
  const rust = Rust.fromString(
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer: json,
      model: { type: 'WordLevel', vocab: { '<unk>': 0 }, unk_token: '<unk>' },
    }),
  ).getNormalizer()!;
  const normalize = precompiled(json);
  expect(normalize('ﬁ\u3000e\u0301 ①Ａ漢字漢\u200b')).toBe('fi é 1A漢字漢');
  const parts = fc.constantFrom(
    'ﬁ',
    '\u3000',
    'e',
    '\u0301',
    '①',
    'Ａ',
    '漢',
    '字',
    '\u200b',
    'x',
    '😀',
    '\u200d',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 8 }), (list) => {
      const text = list.join('');
      expect(normalize(text)).toBe(rust.normalizeString(text));
    }),
    { numRuns: 300 },
  );
});

it.each([undefined, 'AA==', '/////w=='])('refuses the table %j', (precompiled_charsmap) => {
  expect(() =>
    precompiled({ type: 'Precompiled', ...(precompiled_charsmap && { precompiled_charsmap }) }),
  ).toThrow('normalizer Precompiled: precompiled_charsmap is');
});
