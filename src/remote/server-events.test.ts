import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader } from './server-events.ts';

function read(...texts: readonly string[]) {
  const reader = new EventReader();
  return [...texts.flatMap((text) => reader.push(text)), ...reader.end()];
}

const STREAM = ': hello\n\nevent: a\ndata: 1\ndata:2\n\nid: 7\ndata:  x: y\n\nevent: b\n\ndata\n\n';
const EVENTS = [
  { event: 'a', data: '1\n2' },
  { event: '', data: ' x: y' },
  { event: '', data: '' },
];

describe('EventReader', () => {
  it('reads events as the standard does', () => {
    expect(read(STREAM)).toEqual(EVENTS);
  });

  it('does not depend on line ends and on where the text is cut', () => {
    const cuts = fc.array(fc.nat(STREAM.length * 2), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.constantFrom('\n', '\r', '\r\n'), fc.boolean(), (at, line, mark) => {
        const text = (mark ? '\ufeff' : '') + STREAM.replaceAll('\n', line);
        const places = [0, ...at.toSorted((a, b) => a - b), text.length];
        expect(read(...places.slice(1).map((end, i) => text.slice(places[i], end)))).toEqual(EVENTS);
      }),
    );
  });

  it('gives the last event where the stream ends without a blank line', () => {
    expect(read('data: 1')).toEqual([{ event: '', data: '1' }]);
    expect(read('data: 1\n')).toEqual([{ event: '', data: '1' }]);
    expect(read('')).toEqual([]);
  });
});
