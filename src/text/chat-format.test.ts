import { describe, expect, it } from 'vitest';
import { FORMATS, formatFiles, type PublishedFormat } from '../../tests/support/chat-formats.ts';
import { inspectChatFormat } from './chat-format.ts';
import { filesOf } from './testing.ts';
import { Tokenizer } from './tokenizer.ts';

function tokenizerOf(format: PublishedFormat): Tokenizer {
  const { tokenizer, config } = formatFiles(format);
  return new Tokenizer(filesOf({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': config }));
}

const chat = { template: 'chat', vocabSize: 300 } as const;
const found = (format: PublishedFormat, more: Partial<Parameters<typeof inspectChatFormat>[1]> = {}) =>
  inspectChatFormat(tokenizerOf(format), { ...chat, ...more }).map(({ weight, id }) => `${weight} ${id}`);

describe('inspectChatFormat', () => {
  it.each([
    ['qwen3', []],
    ['smollm2', ['note padding-ends']],
    // Without a padding token of its own, padding is the end token.
    ['llama3', ['warning other-end-token', 'note padding-ends']],
    ['deepseekV3', ['note padding-ends']],
    ['r1Distill', ['warning opened-thought', 'note padding-ends']],
  ] as const)('finds in the format of %s: %j', (name, ids) => {
    expect(found(FORMATS[name])).toEqual(ids);
  });

  it('names the token that the template writes, and the setting that mends it', () => {
    const tokenizer = tokenizerOf(FORMATS.llama3);
    const [first] = inspectChatFormat(tokenizer, chat);
    expect(first!.text).toContain('ends a reply with <|eot_id|>, and sampling ends at <|end_of_text|>');
    expect(first!.remedy).toContain(
      `Add ${tokenizer.idOf('<|eot_id|>')} to eos_token_id in generation_config.json`,
    );
  });

  it('is content once generation_config.json names the token too', () => {
    const { tokenizer, config } = formatFiles(FORMATS.llama3);
    const id = tokenizerOf(FORMATS.llama3).idOf('<|eot_id|>')!;
    const mended = new Tokenizer(
      filesOf({
        'tokenizer.json': tokenizer,
        'tokenizer_config.json': { ...config, pad_token: '<|begin_of_text|>' },
        'generation_config.json': { eos_token_id: [id] },
      }),
    );
    expect(inspectChatFormat(mended, chat)).toEqual([]);
  });

  it('finds a template that ends replies with nothing', () => {
    const template = "{% for m in messages %}{{ m['content'] }}{% endfor %}";
    expect(found({ ...FORMATS.qwen3, template })).toEqual(['warning other-end-token']);
  });

  it('refuses a switch of thinking that the template does not read', () => {
    expect(found(FORMATS.qwen3, { thinking: false })).toEqual([]);
    expect(found(FORMATS.smollm2, { thinking: false })[0]).toBe('error unread-switch');
    expect(found(FORMATS.qwen3, { template: 'r1-zero', thinking: true })).toEqual(['error unread-switch']);
  });

  it('refuses ids that the model has no embeddings for, and a checkpoint without an end token', () => {
    const eos = tokenizerOf(FORMATS.smollm2).eosId;
    expect(found(FORMATS.smollm2, { vocabSize: eos })[0]).toBe(`error outside-vocabulary-${eos}`);
    const { tokenizer, config } = formatFiles(FORMATS.smollm2);
    const { eos_token: _eos, pad_token: _pad, ...nameless } = config;
    const endless = new Tokenizer(
      filesOf({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': nameless }),
    );
    expect(inspectChatFormat(endless, { ...chat, template: 'plain' })).toMatchObject([
      { weight: 'error', id: 'no-end-token', remedy: expect.stringContaining('eos_token') },
    ]);
  });

  it('says nothing of a chat template that is not used', () => {
    expect(found(FORMATS.llama3, { template: 'r1-zero' })).toEqual([]);
    expect(found(FORMATS.r1Distill, { template: 'plain' })).toEqual([]);
  });
});
