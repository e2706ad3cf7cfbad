import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from './sse.ts';

const parse = (...pieces: string[]) => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('SseParser', () => {
  it('gives the data of each event', () => {
    expect(parse('data: {"a":1}\n\ndata:[DONE]\n\n')).toEqual(['{"a":1}', '[DONE]']);
  });

  it('passes over comments, names, ids and fields it does not know', () => {
    expect(parse(': keep-alive\n\nevent: x\nid: 1\nretry: 3\nfoo\ndata: a\n\n')).toEqual(['a']);
  });

  it('joins the data lines of one event, and takes one space off each', () => {
    expect(parse('data:  a\ndata\ndata: b\n\n')).toEqual([' a\n\nb']);
  });

  it('holds back what has not ended', () => {
    expect(parse('data: a\n')).toEqual([]);
    expect(parse('data: a\n\ndata: b')).toEqual(['a']);
  });

  it('passes over a byte order mark', () => {
    expect(parse('\uFEFFdata: a\n\n')).toEqual(['a']);
  });

  it('takes an LF as the second half of a line end also when an empty piece came between', () => {
    expect(parse('data: a\r', '', '\ndata: b\r', '\n\r\n')).toEqual(['a\nb']);
  });

  it('gives the same events wherever the text is cut and however lines end', () => {
    const stream = ': hm\n\ndata: a:b\ndata: ü😀\n\ndata: [DONE]\n\n';
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(stream.length * 2), { maxLength: 12 }),
        (end, cuts) => {
          const text = stream.replaceAll('\n', end);
          const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
          const pieces = at.slice(1).map((cut, i) => text.slice(at[i], cut));
          expect(parse(...pieces)).toEqual(['a:b\nü😀', '[DONE]']);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
