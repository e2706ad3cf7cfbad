/** @file Files of an evaluation for tests of what reads them. */

import type { SampleLine } from './samples.ts';
import type { EvaluationSettings } from './settings.ts';
import type { Graded, StageSamples } from './statistics/index.ts';

/** settings.json and samples.jsonl of an evaluation with these responses, by name. */
export function evaluationFiles(samples: StageSamples): { readonly [file: string]: string } {
  const { name, greedy, sampled, general, temperature, topP, maxTokens } = samples;
  const size = (problems: readonly (readonly Graded[])[]) => ({
    problems: problems.length,
    samples: problems[0]?.length ?? 1,
  });
  const settings: EvaluationSettings = {
    format: 1,
    benchmark: name,
    title: name,
    model: name,
    ...size(sampled),
    temperature,
    topP,
    maxTokens,
    seed: 0,
    greedy: { problems: greedy.length, samples: 1 },
    ...(general && { general: size(general) }),
    verifier: 'rewards',
    questions: '',
    identity: {},
  };
  const numbered = (problems: readonly (readonly Graded[])[], draw?: SampleLine['draw']): SampleLine[] =>
    problems.flatMap((problem) =>
      problem.map((response, sample) => ({ ...(draw && { draw }), ...response, sample })),
    );
  const lines = [
    ...numbered(
      greedy.map((one) => [one]),
      'greedy',
    ),
    ...numbered(sampled),
    ...numbered(general ?? [], 'general'),
  ];
  return {
    'settings.json': JSON.stringify(settings),
    'samples.jsonl': lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  };
}
