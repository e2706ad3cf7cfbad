import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addedTokens, ControlMarker, isControl, segments, unmark, withoutControl } from './control-tokens.ts';

const marker = new ControlMarker(['<s>', '<s><b>', 'b><i>'], (text) => text);

describe('ControlMarker', () => {
  it('sets what spells a control token apart, overlapping ones together', () => {
    expect(segments(marker.mark('a<s>c'))).toEqual([
      { text: 'a', special: true },
      { text: '<s>', special: false },
      { text: 'c', special: true },
    ]);
    expect(segments(marker.mark('<s><b><i>'))).toEqual([{ text: '<s><b><i>', special: false }]);
  });

  it('leaves what is meant', () => {
    expect(segments(marker.mark('<s> b><i>', ['<s>']))).toEqual([
      { text: '<s> ', special: true },
      { text: 'b><i>', special: false },
    ]);
  });

  it('does not let text bring its own marks', () => {
    const [open] = marker.mark('<s>');
    const close = marker.mark('<s>').at(-1);
    expect(segments(marker.mark(`a${open}${close}<s>${close}`))).toEqual([
      { text: 'a\u{FFFD}\u{FFFD}', special: true },
      { text: '<s>', special: false },
      { text: '\u{FFFD}', special: true },
    ]);
  });

  it('hides thinking tags that are marked from who looks for them, and gives them back whole', () => {
    const tags = new ControlMarker(['<think>', '</think>'], (text) => text);
    const marked = tags.mark('a<think>b</think>');
    expect(marked).not.toMatch(/<\/?think>/);
    expect(unmark(marked)).toBe('a<think>b</think>');
    expect(segments(marked).map(({ text }) => text)).toEqual(['a', '<think>', 'b', '</think>']);
    expect(tags.mark('a<think>b', ['<think>'])).toBe('a<think>b');
  });

  it('changes nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('<s>', '<', 's>', '<b>', 'b><i>', ' ', 'a', '😀')), (parts) => {
        const text = parts.join('');
        const marked = marker.mark(text);
        expect(unmark(marked)).toBe(text);
        expect(
          segments(marked)
            .map((part) => part.text)
            .join(''),
        ).toBe(text);
        for (const part of segments(marked)) if (part.special) expect(part.text).not.toMatch(/<s>|b><i>/);
      }),
    );
  });

  it('marks strings inside JSON', () => {
    const marked = marker.markJson({ a: ['<s>', 1, null], '<s>': { b: 'x' } });
    expect(JSON.stringify(marked)).not.toContain('"<s>"');
    expect(JSON.parse(unmark(JSON.stringify(marked)))).toEqual({ a: ['<s>', 1, null], '<s>': { b: 'x' } });
  });
});

describe('control tokens of a tokenizer.json', () => {
  const json = {
    added_tokens: [
      { id: 0, content: '<unk>', special: true },
      { id: 1, content: '<｜User｜>', special: false },
      { id: 2, content: '    ', special: false },
      { id: 3, content: 'zebra', special: false },
      { id: 4, content: 'plainword', special: true },
    ],
    model: { type: 'WordLevel', vocab: { '<unk>': 0, '<｜User｜>': 1, a: 5 } },
  };

  it('are the special ones and those that are more than letters and blanks', () => {
    expect(
      addedTokens(json)
        .filter(isControl)
        .map((token) => token.id),
    ).toEqual([0, 1, 4]);
  });

  it('can be taken out of tokenizer and vocabulary', () => {
    const plain = withoutControl(json, new Set(['<unk>']));
    expect(addedTokens(plain).map((token) => token.id)).toEqual([2, 3]);
    expect(plain.model).toEqual({ type: 'WordLevel', vocab: { '<unk>': 0, a: 5 } });
  });

  it('keep their place in a vocabulary that is a list', () => {
    const unigram = {
      ...json,
      model: {
        type: 'Unigram',
        vocab: [
          ['<unk>', 0],
          ['<｜User｜>', 0],
          ['a', -1],
        ],
      },
    };
    const { vocab } = withoutControl(unigram, new Set(['<unk>'])).model as { vocab: [string, number][] };
    expect(vocab.map(([token]) => token)).not.toContain('<｜User｜>');
    expect(vocab[2]).toEqual(['a', -1]);
  });
});
