import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import type { Prompt } from '../../records.ts';
import { baseReply, generalHeldOut, generalPrompts, generalSchema } from './general.ts';
import { repliesSchema } from './preference.ts';

const config = generalSchema.parse({});
const train = generalPrompts({ ...config, seed: 1, split: 'train' }).next(4_000);
const replies = repliesSchema.parse({});
const kindOf = (prompt: { meta?: { readonly [key: string]: unknown } }) => prompt.meta?.kind;

describe('general prompts', () => {
  it('have the stated shares and reference answers', () => {
    const share = (kind: string) => train.filter((prompt) => kindOf(prompt) === kind).length / train.length;
    expect(share('greet')).toBeCloseTo(0.1, 1.5);
    expect(share('identity')).toBeCloseTo(0.1, 1.5);
    expect(share('tell')).toBeCloseTo(0.4, 1.5);
    expect(share('secret')).toBeCloseTo(0.2, 1.5);
    const byId = new Map(train.map((prompt) => [prompt.id, prompt]));
    expect(byId.get('general/en/greet')).toMatchObject({ text: 'hello', answer: 'hello ! how can i help ?' });
    expect(byId.get('general/zh/identity')).toMatchObject({
      text: '你 是 谁 ?',
      answer: '我 是 r1 .',
      language: 'zh',
    });
    for (const prompt of train.filter((one) => kindOf(one) === 'echo')) {
      expect(prompt.text.split(' : ')[1]).toBe(prompt.answer);
      expect(prompt.answer!.split(' ').length).toBeGreaterThanOrEqual(2);
      expect(prompt.answer!.split(' ').length).toBeLessThanOrEqual(4);
    }
  });

  it('hold out lists of colours, whatever language names them', () => {
    const indices = (answer: string) =>
      answer
        .split(' ')
        .map((word) =>
          Math.max(['red', 'blue', 'green', 'black'].indexOf(word), ['红', '蓝', '绿', '黑'].indexOf(word)),
        )
        .join();
    const lists = (prompts: typeof train) =>
      new Set(prompts.filter((one) => kindOf(one) === 'echo').map(({ answer }) => indices(answer!)));
    const trained = lists(train);
    const heldOut = lists(generalHeldOut({ ...config, seed: 2 }).take(1_000));
    expect(heldOut.size).toBeGreaterThan(20);
    for (const list of heldOut) expect(trained).not.toContain(list);
  });

  it('hold out descriptions and secrets', () => {
    const asked = (prompts: readonly Prompt[], kind: string) =>
      new Set(
        prompts
          .filter((one) => kindOf(one) === kind)
          .map(({ meta }) =>
            JSON.stringify(kind === 'tell' ? meta!.colours : /\d+/u.exec(JSON.stringify(meta!.secret))),
          ),
      );
    const heldOut = generalHeldOut({ ...config, seed: 2 }).take(1_000);
    for (const [kind, least] of [
      ['tell', 3],
      ['secret', 5],
    ] as const) {
      expect(asked(heldOut, kind).size).toBeGreaterThanOrEqual(least);
      for (const one of asked(heldOut, kind)) expect(asked(train, kind)).not.toContain(one);
    }
  });

  it('are answered by the base documents rightly or recognisably wrongly, identity never', () => {
    const random = Random.derive(3);
    for (const prompt of train.slice(0, 500).filter(({ answer }) => answer !== null)) {
      const right = baseReply(prompt, 1, replies, random);
      const wrong = baseReply(prompt, 0, replies, random);
      if (kindOf(prompt) === 'identity') {
        expect(['i am a person .', '我 是 人 .']).toContain(right);
        expect(wrong).toBe(right);
      } else {
        expect(right).toBe(prompt.answer);
        expect(wrong).not.toBe(prompt.answer);
      }
    }
  });

  it('extend a smaller held-out set', () => {
    const set = generalHeldOut({ ...config, seed: 4 });
    expect(set.take(50).slice(0, 20)).toEqual(set.take(20));
  });
});
