import { describe, expect, it } from 'vitest';
import type { Json } from '../records.ts';
import { filesOf } from './testing.ts';
import { chatTemplateOf, generationIds, specialNames } from './tokenizer-settings.ts';

const messages = [{ role: 'user', content: 'x' }];

describe('specialNames', () => {
  it('reads strings and objects, and lets tokenizer_config.json win', () => {
    const files = filesOf({
      'tokenizer_config.json': { eos_token: { content: '</s>', lstrip: false }, pad_token: null },
      'special_tokens_map.json': { eos_token: '<other>', bos_token: '<s>', pad_token: '<p>' },
    });
    expect(specialNames(files)).toEqual({ eos_token: '</s>', bos_token: '<s>', pad_token: '<p>' });
  });
});

describe('generationIds', () => {
  const ids = (generation: Json | undefined, config?: object) => {
    const files = filesOf(
      generation === undefined ? {} : { 'generation_config.json': { eos_token_id: generation } },
    );
    return generationIds({ ...files, ...(config && { config: Buffer.from(JSON.stringify(config)) }) });
  };

  it.each<[Json, number[]]>([
    [3, [3]],
    [
      [3, 4],
      [3, 4],
    ],
    [null, []],
    [['3', 1.5, -1, 7], [7]],
  ])('reads %j as %j', (written, read) => {
    expect(ids(written).eos).toEqual(read);
  });

  it('reads config.json only where there is no generation_config.json', () => {
    const config = { eos_token_id: [1, 2], pad_token_id: -1, bos_token_id: 0 };
    expect(ids(undefined, config)).toEqual({ bos: [0], eos: [1, 2], pad: [] });
    expect(ids(5, config)).toEqual({ bos: [], eos: [5], pad: [] });
    expect(ids(undefined)).toEqual({ bos: [], eos: [], pad: [] });
  });
});

describe('chatTemplateOf', () => {
  const named = [
    { name: 'tool_use', template: 'tools' },
    { name: 'default', template: 'default {{ messages[0].content }}' },
  ];

  it.each([
    [{ 'tokenizer_config.json': { chat_template: 'one' } }, 'one'],
    [{ 'tokenizer_config.json': { chat_template: named } }, 'default x'],
    [{ 'tokenizer_config.json': { chat_template: 'one' }, 'chat_template.jinja': 'own' }, 'own'],
    [{ 'chat_template.json': { chat_template: 'third' } }, 'third'],
  ])('finds it in %j', (files, text) => {
    expect(chatTemplateOf(filesOf(files))?.render(messages)).toBe(text);
  });

  it('is not there when no file has one', () => {
    expect(chatTemplateOf(filesOf({ 'tokenizer_config.json': { chat_template: null } }))).toBeUndefined();
  });

  it('is named by its file in errors', () => {
    const template = chatTemplateOf(filesOf({ 'tokenizer_config.json': { chat_template: 'a\n{% if %}' } }));
    expect(() => template?.render(messages)).toThrow(
      /^memory\/tokenizer_config\.json: chat_template, line 2 of the template: /,
    );
  });
});
