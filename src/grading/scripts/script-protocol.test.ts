import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { pack, unpack } from './script-protocol.ts';

describe('a packed completion', () => {
  it.each(['<think> 40 + 2 </think> <answer> \\boxed{42} </answer>', '<think> never closed', '', '42'])(
    '%j is what it was once unpacked, and repeats no part of the text',
    (text) => {
      const completion = completionOf(text);
      const packed = pack(completion);
      expect(unpack(packed)).toEqual(completion);
      expect(packed.response.filter(([, value]) => typeof value === 'string')).toEqual([]);
    },
  );

  it('keeps what a reading holds beside the text, such as a thought that came apart from it', () => {
    const completion = completionOf('42');
    const apart = { ...completion, response: { ...completion.response, thought: '40 + 2' } };
    expect(unpack(pack(apart))).toEqual(apart);
  });
});
