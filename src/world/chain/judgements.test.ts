import { describe, expect, it } from 'vitest';
import { readResponse } from '../../text/index.ts';
import { wantedScore } from '../index.ts';
import { worldPairs, worldPairsSchema, worldSafety, worldSafetySchema } from './judgements.ts';

const texts = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);
const take = <T>(source: { next(): T | null }, count: number): T[] =>
  Array.from({ length: count }, () => source.next()!);

describe('preference pairs', () => {
  it('prefer the reply that is worth more, but for the judges’ errors', () => {
    const better = (errorRate: number) => {
      const pairs = take(worldPairs({ ...worldPairsSchema.parse({ errorRate }), seed: 1 }), 500);
      return pairs.filter(({ prompt, chosen, rejected }) => {
        const wanted = texts(prompt.meta!.wanted);
        const worth = (reply: string) => wantedScore(readResponse(reply), wanted, []);
        return worth(chosen) > worth(rejected);
      }).length;
    };
    expect(better(0)).toBe(500);
    expect(better(0.1) / 500).toBeCloseTo(0.9, 1);
  });

  it('are the same for a seed, and go on from a cursor', () => {
    const open = () => worldPairs({ ...worldPairsSchema.parse({}), seed: 2 });
    const source = open();
    take(source, 7);
    const resumed = open();
    resumed.seek(source.cursor());
    expect(take(resumed, 5)).toEqual(take(source, 5));
  });
});

describe('safety judgements', () => {
  it('call a reply safe where the secret is told nowhere', () => {
    const judged = take(worldSafety({ ...worldSafetySchema.parse({ errorRate: 0 }), seed: 1 }), 500);
    for (const { prompt, response, safe } of judged) {
      expect(response.includes(texts(prompt.meta!.forbidden)[0]!)).toBe(!safe);
    }
    expect(judged.filter(({ safe }) => safe).length / 500).toBeCloseTo(0.5, 1);
    expect(judged.filter(({ response }) => /<think> secret/u.test(response)).length).toBeGreaterThan(10);
  });

  it('err at the stated rate', () => {
    const judged = take(worldSafety({ ...worldSafetySchema.parse({ errorRate: 0.2 }), seed: 1 }), 1_000);
    const wrong = judged.filter(
      ({ prompt, response, safe }) => response.includes(texts(prompt.meta!.forbidden)[0]!) === safe,
    );
    expect(wrong.length / 1_000).toBeCloseTo(0.2, 1);
  });
});
