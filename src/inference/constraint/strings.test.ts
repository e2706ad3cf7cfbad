import { describe, expect, it } from 'vitest';
import { Automaton } from './automaton.ts';
import { stringUnlike } from './names.ts';
import { STRING, stringOf } from './strings.ts';
import { accepts } from './testing.ts';

const any = new Automaton([STRING]);
const takes = (...bytes: number[]): boolean => accepts(any, Uint8Array.of(0x22, ...bytes, 0x22));

describe('STRING', () => {
  it('takes the UTF-8 of every plane and no other bytes', () => {
    for (let point = 0x20; point <= 0x10ffff; point += point < 0x3000 ? 1 : 97) {
      if ((point >= 0xd800 && point <= 0xdfff) || point === 0x22 || point === 0x5c) continue;
      expect(accepts(any, `"${String.fromCodePoint(point)}"`), point.toString(16)).toBe(true);
    }
    // Overlong, a surrogate, beyond the last plane, a tail alone, a tail missing, bytes that never occur.
    for (const bad of [
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x9f, 0xbf],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xed, 0xa0, 0x80],
    ]) {
      expect(takes(...bad)).toBe(false);
    }
    for (const bad of [
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
      [0xc3],
      [0xe4, 0xb8],
      [0xf5, 0x80, 0x80, 0x80],
      [0xff],
    ]) {
      expect(takes(...bad)).toBe(false);
    }
    for (let control = 0; control < 0x20; control++) expect(takes(control)).toBe(false);
  });

  it('takes every escape, surrogates only in pairs', () => {
    for (const letter of '"\\/bfnrt') expect(accepts(any, `"\\${letter}"`)).toBe(true);
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = `"\\u${unit.toString(16).padStart(4, '0')}"`;
      const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
      if (unit % 13 === 0 || isSurrogate) expect(accepts(any, text), text).toBe(!isSurrogate);
    }
    expect(accepts(any, '"\\uD83D\\ude00"')).toBe(true);
    expect(accepts(any, '"\\ud83d\\ud83d"')).toBe(false);
    expect(accepts(any, '"\\ud83d\\n"')).toBe(false);
    expect(accepts(any, '"\\ud83d😀"')).toBe(false);
  });
});

describe('stringOf', () => {
  it('counts code points, however they are written', () => {
    const two = new Automaton([stringOf(2, 2)]);
    for (const text of ['"ab"', '"é😀"', '"\\n\\u0041"', '"\\ud83d\\ude00x"'])
      expect(accepts(two, text)).toBe(true);
    for (const text of ['""', '"a"', '"😀"', '"\\ud83d\\ude00"', '"abc"', '"ab\\n"'])
      expect(accepts(two, text)).toBe(false);
  });

  it('fills up to the least length', () => {
    const three = new Automaton([stringOf(3, 9)]);
    expect(Buffer.from(three.start().shortestEnd()).toString()).toBe('"   "');
    expect(Buffer.from(three.start().advance(Buffer.from('"a\\'))!.shortestEnd()).toString()).toBe('" "');
  });
});

describe('stringUnlike', () => {
  const other = new Automaton([stringUnlike(['age', 'ag', '', 'a"', 'é'])]);

  it('refuses the names in any spelling', () => {
    for (const text of ['""', '"ag"', '"age"', '"a\\""', '"é"', '"\\u00e9"', '"\\u0061g"', '"a\\u0067"']) {
      expect(accepts(other, text), text).toBe(false);
    }
    for (const text of ['"a"', '"aged"', '"b"', '"x\\u0061"', '"a\\"b"', '"è"', '"\\nag"']) {
      expect(accepts(other, text), text).toBe(true);
    }
  });

  it('ends as soon as the name is another', () => {
    expect(Buffer.from(other.start().shortestEnd()).toString()).toBe('" "');
    expect(Buffer.from(other.start().advance(Buffer.from('"ag'))!.shortestEnd()).toString()).toBe(' "');
  });
});
