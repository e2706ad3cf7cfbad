import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as Rust } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { encodeChat, renderPrompt } from '../text/prompts.ts';
import { Tokenizer } from '../text/tokenizer.ts';
import { worldTokenizer, writeWorldTokenizer } from './world-tokenizer.ts';
import {
  WORLD_CHINESE,
  WORLD_ENGLISH,
  WORLD_SIGNS,
  WORLD_TAGS,
  WORLD_VOCABULARY,
} from './world-vocabulary.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-world-'));
writeWorldTokenizer(dir);
const tokenizer = Tokenizer.load(dir);
const rust = Rust.fromFile(join(dir, 'tokenizer.json'));

const words = fc.constantFrom(...WORLD_TAGS, ...WORLD_SIGNS, ...WORLD_ENGLISH, ...WORLD_CHINESE);
/** Text of the world: a number never follows a number. */
const worldText = fc
  .array(fc.tuple(words, fc.option(fc.integer({ min: 0, max: 999 }))), { minLength: 1, maxLength: 30 })
  .map((pairs) =>
    pairs.flatMap(([word, number]) => (number === null ? [word] : [word, String(number)])).join(' '),
  );

const DOCUMENT =
  'User: 求 30 * 2 + 8 ? Assistant: <think> 30 times 2 is 60 . 再 60 加 8 得 68 . 等等 wait 你好 ! </think> ' +
  '<answer> 68 </answer> <eos>';

describe('the vocabulary', () => {
  it('has 80 tokens in the order the model was trained with', () => {
    expect(WORLD_VOCABULARY.length).toBe(96);
    expect(new Set(WORLD_VOCABULARY).size).toBe(96);
    expect(WORLD_VOCABULARY.slice(0, 9)).toEqual([
      '<pad>',
      '<eos>',
      'User:',
      'Assistant:',
      '<think>',
      '</think>',
      '<answer>',
      '</answer>',
      '0',
    ]);
    expect(WORLD_ENGLISH.length).toBe(35);
    expect(WORLD_CHINESE.length).toBe(32);
    expect(WORLD_VOCABULARY.slice(-3)).toEqual(['<unk>', 'make', 'from']);
  });
});

describe('the small world tokenizer', () => {
  it('splits numbers into digits and nothing else', () => {
    const tokens = Array.from(tokenizer.encode('what is 35 - 10 * 3 ?'), (id) => tokenizer.tokenOf(id));
    expect(tokens).toEqual(['what', 'is', '3', '5', '-', '1', '0', '*', '3', '?']);
    expect(Array.from(tokenizer.encode('i am r1 .'), (id) => tokenizer.tokenOf(id))).toEqual([
      'i',
      'am',
      'r1',
      '.',
    ]);
  });

  it('gives text back as it was, in both libraries', async () => {
    for (const text of [DOCUMENT, '7', '12 红', 'r1 5 .', ...fc.sample(worldText, 200)]) {
      const ids = tokenizer.encode(text);
      expect([...ids], text).toEqual((await rust.encode(text, null, { addSpecialTokens: false })).getIds());
      expect(tokenizer.decode(ids), text).toBe(text);
      expect(await rust.decode([...ids], false), text).toBe(text);
    }
  });

  it('leaves out the end token but not the tags when special tokens are skipped', async () => {
    const ids = tokenizer.encode(DOCUMENT);
    const text = DOCUMENT.replace(' <eos>', '');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(text);
    expect(await rust.decode([...ids], true)).toBe(text);
    expect(tokenizer.decode([0, 0, ...ids, 0], { skipSpecial: true })).toBe(text);
  });

  it('decodes any ids as the Rust library does', async () => {
    const ids = fc.sample(fc.array(fc.integer({ min: 0, max: 79 }), { minLength: 1, maxLength: 20 }), 200);
    for (const list of ids) expect(tokenizer.decode(list)).toBe(await rust.decode(list, false));
  });

  it('has an unknown token for other words', () => {
    const tokens = Array.from(tokenizer.encode('what is love ?'), (id) => tokenizer.tokenOf(id));
    expect(tokens).toEqual(['what', 'is', '<unk>', '?']);
  });

  it('ends with <eos>, pads with <pad>, adds nothing to a text', () => {
    expect(tokenizer.eosIds).toEqual([1]);
    expect(tokenizer.padId).toBe(0);
    expect(tokenizer.vocabSize).toBe(96);
    expect(tokenizer.encode('hello', { addSpecial: true })).toEqual(tokenizer.encode('hello'));
  });

  it('has the plain prompt as its chat template', () => {
    const chat = renderPrompt('chat', 'what is 35 - 10 ?', tokenizer);
    expect(chat).toEqual(renderPrompt('plain', 'what is 35 - 10 ?', tokenizer));
    const turns = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: '你好 !' },
      { role: 'user', content: 'who are you ?' },
    ];
    expect(encodeChat(tokenizer, turns).text).toBe(
      'User: hello Assistant: 你好 ! <eos> User: who are you ? Assistant:',
    );
    const document = encodeChat(tokenizer, turns.slice(1, 3), { addGenerationPrompt: false });
    expect([...document.ids]).toEqual([...tokenizer.encode('User: hello Assistant: 你好 ! <eos>')]);
  });

  it('is the same in memory and on disk', () => {
    expect(worldTokenizer().encode(DOCUMENT)).toEqual(tokenizer.encode(DOCUMENT));
    expect(JSON.parse(readFileSync(join(dir, 'tokenizer_config.json'), 'utf8'))).toMatchObject({
      tokenizer_class: 'PreTrainedTokenizerFast',
      eos_token: '<eos>',
      clean_up_tokenization_spaces: false,
    });
  });
});
