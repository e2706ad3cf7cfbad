import { expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { generalReport } from './general.ts';
import type { Graded } from './graded.ts';

const response = (
  promptId: string,
  kind: string | undefined,
  correct: number | null,
  length = 4,
): Graded => ({
  promptId,
  correct,
  formatted: false,
  length,
  finish: 'stop',
  answer: null,
  text: '',
  ...(kind !== undefined && { kind }),
});
const prompt = (kind: string | undefined, ...scores: (number | null)[]) =>
  scores.map((score, i) => response('p', kind, score, i));

it('takes full marks only, by kind and over all prompts', () => {
  const prompts = [
    prompt('tell', 1, 0.75),
    prompt('tell', 0, 0),
    prompt('greet', 1, 1),
    prompt(undefined, 1, null),
    prompt('tell', null, null),
  ];
  const report = generalReport(prompts, Random.derive(1, 'bootstrap'));
  expect(report.generalSuccess).toBe((0.5 + 0 + 1 + 0.5) / 4);
  expect(report.generalKinds).toEqual({
    greet: { success: 1, prompts: 1 },
    tell: { success: 0.25, prompts: 2 },
  });
  expect(report).toMatchObject({ generalMeanLength: 0.5, generalPrompts: 5, samplesPerGeneralPrompt: 2 });
  const [low, high] = report.generalSuccessInterval!;
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.5);
});

it('has no success where nothing could be scored', () => {
  const report = generalReport([prompt('tell', null)], Random.derive(1, 'bootstrap'));
  expect(report).toMatchObject({ generalSuccess: null, generalSuccessInterval: null, generalKinds: {} });
});
