import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamAssembler } from './stream.ts';

const event = (delta: object, finish: string | null = null, index = 0) =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
const STREAM = [
  ': keep-alive\n\n',
  event({ role: 'assistant', content: null, reasoning_content: '' }),
  event({ reasoning_content: 'data: [DONE]\n\n' }),
  event({ content: 'größe\n' }),
  event({ content: '4' }, 'stop'),
  'data: {"choices": [], "usage": {"prompt_tokens": 1}}\n\n',
  'data: [DONE]\n\n',
].join('');

function assemble(...texts: readonly string[]) {
  const assembler = new StreamAssembler();
  for (const text of texts) assembler.push(text);
  return assembler.end();
}

describe('StreamAssembler', () => {
  it('gives the body that would have come without streaming', () => {
    expect(assemble(STREAM)).toEqual({
      id: 'x',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'größe\n4', reasoning_content: 'data: [DONE]\n\n' },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 1 },
    });
  });

  it('does not depend on where the stream is cut, nor on its line ends', () => {
    const whole = assemble(STREAM);
    const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.boolean(), (at, carriage) => {
        const text = carriage ? STREAM.replaceAll('\n\n', '\r\n\r\n') : STREAM;
        const places = [0, ...at.toSorted((a, b) => a - b), text.length];
        expect(assemble(...places.slice(1).map((end, i) => text.slice(places[i], end)))).toEqual(whole);
      }),
    );
  });

  it('knows a torn stream at every event', () => {
    const events = STREAM.split(/(?<=\n\n)/);
    for (let count = 0; count < events.length; count++) {
      const body = assemble(...events.slice(0, count));
      // From the event on that says why the reply ended, the reply is whole.
      expect(body === null, String(count)).toBe(count < 5);
    }
  });

  it('keeps choices apart and sees errors', () => {
    expect(assemble(event({ content: 'a' }, 'stop', 1), event({ content: 'b' }, 'stop'))).toMatchObject({
      choices: [{ index: 1 }, { index: 0 }],
    });
    expect(assemble(event({ content: 'a' }, 'stop', 1), event({ content: 'b' }))).toBeNull();
    const assembler = new StreamAssembler();
    assembler.push('data: {"error": {"message": "busy"}}\n\n');
    expect(assembler.error).toEqual({ error: { message: 'busy' } });
  });
});
