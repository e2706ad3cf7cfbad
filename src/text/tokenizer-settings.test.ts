import { describe, expect, it } from 'vitest';
import { filesOf } from './testing.ts';
import { chatTemplateOf, idList, specialNames } from './tokenizer-settings.ts';

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

describe('idList', () => {
  it('takes a number, a list, or nothing', () => {
    expect(idList(3)).toEqual([3]);
    expect(idList([3, 4])).toEqual([3, 4]);
    expect(idList(null)).toEqual([]);
    expect(idList(undefined)).toEqual([]);
    expect(idList(['3', 1.5, -1, 7])).toEqual([7]);
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
