import { describe, expect, it } from 'vitest';
import { encodeDemonstration, readResponse } from '../../text/index.ts';
import { worldTokenizer } from '../../world/index.ts';
import { type Reading, readingOf } from './reading.ts';

const tokenizer = worldTokenizer();
const prompt = 'tell : red blue';

/** What is read of a response, as text after the prompt. */
function read(reads: Reading, response: string, opened = false): string | null {
  const tokens = readingOf(prompt, readResponse(response, { opened }), {
    reads,
    template: 'plain',
    tokenizer,
  });
  if (tokens === null) return null;
  expect(tokens.at(-1)).toBe(tokenizer.eosId);
  const text = tokenizer.decode(tokens.slice(0, -1), { skipSpecial: false });
  expect(text).toMatch(/^User: tell : red blue Assistant: /);
  return text.slice('User: tell : red blue Assistant: '.length);
}

describe('readingOf', () => {
  const response = '<think> blue is cold </think> <answer> red is warm . </answer>';

  it('is the answer without thought and tags, or all of the response', () => {
    expect(read('answer', response)).toBe('red is warm .');
    expect(read('answer', 'red is warm .')).toBe('red is warm .');
    expect(read('response', response)).toBe(response);
  });

  it('is what the model writes itself, token for token', () => {
    const written = encodeDemonstration('plain', prompt, response, tokenizer).tokens;
    expect(
      readingOf(prompt, readResponse(response), { reads: 'response', template: 'plain', tokenizer }),
    ).toEqual(written);
  });

  it.each([
    '<think> red is warm .',
    '<think> red </think>',
    '<think> red </think> <answer> </answer>',
    ' ',
    '',
  ])('is nothing where %j has no answer', (text) => {
    expect(read('answer', text)).toBeNull();
  });

  it('knows a thought that the prompt has opened', () => {
    expect(read('answer', 'blue </think> red .', true)).toBe('red .');
    expect(read('answer', 'blue .', true)).toBeNull();
    expect(read('answer', 'blue .', false)).toBe('blue .');
  });
});
