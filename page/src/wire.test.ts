import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChunk, readErrorMessage, readModels, readServerInfo } from './wire.ts';

describe('readChunk', () => {
  const chunk = (delta: object, more: object = {}) =>
    readChunk(
      JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...more }], usage: null }),
      5,
    );
  const nothing = { type: 'piece', at: 5, reasoning: '', content: '', finish: null, usage: null };

  it('reads thought and answer, by both names of the thought', () => {
    expect(chunk({ content: null, reasoning_content: 'a' })).toEqual({ ...nothing, reasoning: 'a' });
    expect(chunk({ reasoning: 'a' })).toEqual({ ...nothing, reasoning: 'a' });
    expect(chunk({ content: 'b', reasoning_content: null })).toEqual({ ...nothing, content: 'b' });
    expect(chunk({ content: '' }, { finish_reason: 'length' })).toEqual({ ...nothing, finish: 'length' });
  });

  it('reads usage from a chunk without choices', () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 9,
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    expect(readChunk(JSON.stringify({ choices: [], usage }), 5)).toEqual({
      ...nothing,
      usage: { promptTokens: 3, completionTokens: 9, reasoningTokens: 4 },
    });
    expect(readChunk('{"usage":{"completion_tokens":9}}', 5)).toMatchObject({
      usage: { reasoningTokens: null },
    });
  });

  it('reads an error', () => {
    const error = { type: 'error', passing: true };
    expect(readChunk('{"error":{"message":"gone"}}', 5)).toEqual({ ...error, message: 'gone' });
    expect(readChunk('{"error":7}', 5)).toEqual({ ...error, message: 'The server broke off the reply.' });
    const refused = '{"error":{"message":"no","type":"invalid_request_error"}}';
    expect(readChunk(refused, 5)).toEqual({ ...error, message: 'no', passing: false });
  });

  it('takes any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(readChunk(json, 5)).toHaveProperty('type');
      }),
    );
  });
});

describe('readModels', () => {
  it('lists each model once, by its own name', () => {
    const data = [
      { id: 'r1', context_length: 4096, parameters: 10, state: 'ready', examples: ['2 + 2?', 7, ''] },
      { id: 'deepseek-reasoner', root: 'r1' },
      { id: 'tuned', root: 'elsewhere' },
      { id: 7 },
      null,
    ];
    expect(readModels({ data })).toEqual([
      { id: 'r1', context: 4096, parameters: 10, state: 'ready', examples: ['2 + 2?'] },
      { id: 'tuned', context: null, parameters: null, state: null, examples: [] },
    ]);
  });

  it('finds none in what is no list', () => {
    expect([readModels(null), readModels({ data: 'x' })]).toEqual([[], []]);
  });
});

describe('other bodies', () => {
  it('give the error’s message, or their text', () => {
    expect(readErrorMessage('{"error":{"message":"too long"}}')).toBe('too long');
    expect(readErrorMessage(' <b>Bad gateway</b> ')).toBe('<b>Bad gateway</b>');
    expect(readErrorMessage('[1]')).toBe('[1]');
  });

  it('describe the server', () => {
    expect(readServerInfo({ version: '1', era: 'r1', keyRequired: true })).toEqual({
      version: '1',
      era: 'r1',
      keyRequired: true,
    });
    expect(readServerInfo('x')).toEqual({ version: '', era: 'open', keyRequired: false });
  });
});
