import { describe, expect, it } from 'vitest';
import { coldStart, coldStartSchema, generalDemonstrations, generalRepliesSchema } from './demonstrations.ts';

describe('cold start', () => {
  const source = coldStart({ ...coldStartSchema.parse({}), seed: 1 });
  const all = Array.from({ length: 1_000 }, () => source.next()!);

  it('is right, short, tagged, in the question’s language, every slip noticed', () => {
    let waits = 0;
    for (const { prompt, response } of all) {
      expect(prompt.meta!.n).toBeLessThanOrEqual(4);
      expect(response).toMatch(/^<think> \d.* \. <\/think> <answer> \d+ <\/answer>$/u);
      expect(response.endsWith(`<answer> ${prompt.answer} </answer>`)).toBe(true);
      expect(prompt.language === 'zh' ? /plus|minus|times|is|then|wait/u : /\p{Script=Han}/u).toSatisfy(
        (foreign: RegExp) => !foreign.test(response),
      );
      waits += response.match(/wait|等等/gu)?.length ?? 0;
    }
    expect(waits / all.length).toBeGreaterThan(0.1); // two steps on average, 8% slips
    expect(waits / all.length).toBeLessThan(0.2);
  });
});

describe('general demonstrations', () => {
  it('give the reference, or where there is none a reply, after an empty thought', () => {
    const source = generalDemonstrations({ ...generalRepliesSchema.parse({}), seed: 1 });
    for (let i = 0; i < 50; i++) {
      const { prompt, response } = source.next()!;
      const answer = /^<think> <\/think> <answer> (.+) <\/answer>$/u.exec(response)?.[1];
      expect(answer).toBe(prompt.answer ?? answer);
      if (prompt.answer === null) expect(answer).toMatch(/ \.$/u);
    }
  });
});
