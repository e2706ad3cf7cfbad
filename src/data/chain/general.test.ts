import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { baseReply, generalHeldOut, generalPrompts, generalSchema } from './general.ts';

const config = generalSchema.parse({});
const train = generalPrompts({ ...config, seed: 1, split: 'train' }).next(4_000);
const kindOf = (prompt: { meta?: { readonly [key: string]: unknown } }) => prompt.meta?.kind;

describe('general prompts', () => {
  it('have the stated shares and reference answers', () => {
    const share = (kind: string) => train.filter((prompt) => kindOf(prompt) === kind).length / train.length;
    expect(share('greet')).toBeCloseTo(0.25, 1.5);
    expect(share('identity')).toBeCloseTo(0.25, 1.5);
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

  it('are answered by the base documents rightly or recognisably wrongly, identity never', () => {
    const random = Random.derive(3);
    for (const prompt of train.slice(0, 500)) {
      const right = baseReply(prompt, 1, random);
      const wrong = baseReply(prompt, 0, random);
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
