import { expect, it } from 'vitest';
import { decoder } from './decoders.ts';

const decode = (json: object, tokens: string[], added: string[] = []): string =>
  decoder(json as never, new Set(added))(tokens).join('');

it('keeps the letters of added tokens, of which the byte-level alphabet makes bytes', () => {
  expect(decode({ type: 'ByteLevel' }, ['Ã©', '<é>'], ['<é>'])).toBe('é<é>');
});

it('keeps the characters around a broken byte', () => {
  expect(decode({ type: 'ByteFallback' }, ['<0x41>', '<0xC3>', '<0x42>'])).toBe('A\ufffdB');
});

it('strips at most so many letters at each end', () => {
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 2 };
  expect([decode(strip, ['  a   ']), decode(strip, [' ']), decode(strip, [''])]).toEqual([' a ', '', '']);
});

it.each([
  [{ type: 'CTC' }, 'decoder "CTC" is not supported (known: Sequence, ByteLevel,'],
  [
    { type: 'Replace', pattern: { Regex: 'a*' }, content: '' },
    'decoder Replace: {"Regex":"a*"} matches the empty text',
  ],
  [{ type: 'Strip', content: ' ' }, 'decoder Strip: start and stop are [null,null]'],
])('refuses %j', (json, message) => {
  expect(() => decode(json, [])).toThrow(message);
});
