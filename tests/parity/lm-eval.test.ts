/**
 * Prompt forms beside lm-evaluation-harness, by what it recorded on rows of our own (tests/reference/lm-eval.json): the
 * same prompts, the same answers taken, the same score of every response. Each rule that differs is named below.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { benchmarkItems, benchmarkOf } from '../../src/data/benchmarks/index.ts';
import { BENCHMARK_NAMES } from '../../src/data/index.ts';
import { beforeStops, formed, formOf, shotsOf } from '../../src/evaluation/forms/index.ts';
import { openVerifier } from '../../src/evaluation/index.ts';
import { closeEngines } from '../../src/grading/verify/index.ts';
import type { Json, JsonObject, Prompt } from '../../src/records.ts';
import { REFERENCE } from '../reference.ts';
import { completionOf } from '../support/completion.ts';
import rows from './lm-eval/rows.json' with { type: 'json' };

/** One response as the harness recorded it, see lm-eval/record.py. */
interface Recorded {
  readonly prompt?: string;
  readonly response?: string;
  readonly taken?: { readonly [filter: string]: string };
  readonly score: { readonly [metric: string]: number };
  /** Of multiple choice, in the order that was drawn. */
  readonly options?: readonly string[];
  readonly answer?: string;
  readonly loglikelihoods?: readonly number[];
}

type Pass = 'model' | 'canned';
interface Benchmark {
  readonly rows: readonly JsonObject[];
  readonly shots?: readonly JsonObject[];
  readonly canned?: readonly { readonly row: number; readonly response: string }[];
}

const recorded = (
  JSON.parse(readFileSync(path.join(REFERENCE, 'lm-eval.json'), 'utf8')) as {
    readonly benchmarks: { readonly [name: string]: { readonly [pass in Pass]?: readonly Recorded[] } };
  }
).benchmarks;
const own = rows as unknown as { readonly [name: string]: Benchmark };

/** Of each form: the benchmark, the filter or metric of the harness that it is, and the number of shots. */
const FORMS = [
  ['gsm8k', 'gsm8k', 'few-shot', 'strict-match', 'strict-match'],
  ['gsm8k-cot', 'gsm8k', 'cot', 'strict-match', 'strict-match'],
  ['math-500', 'math-500', 'few-shot', 'minerva', 'exact_match'],
  ['aime-2024', 'aime-2024', 'plain', null, 'exact_match'],
  ['gpqa-diamond', 'gpqa-diamond', 'cot', 'strict-match', 'strict-match'],
] as const;

/** Responses of rows.json that the harness scores otherwise, and the rule that differs. */
const DIFFERENCES: { readonly [name: string]: { readonly [response: string]: string } } = {
  'math-500': {
    [final('x \\ge 1')]: 'an inequality is the interval it describes; sympy does not compare them',
    [final('9 \\pi cm')]: 'a unit is left out; in the harness a command before it keeps it',
    [final('.25')]: '.25 is 0.25; sympy’s reader of LaTeX does not read it',
  },
  'aime-2024': {
    '\\boxed{025}': 'leading zeros do not count; the harness compares texts',
    '\\boxed{25.}': 'nor does a full stop at the end',
    '$5\\cdot5=25$':
      'the right side of an equation is its answer; the harness takes it so only of short left sides',
    '\\boxed{003}': 'leading zeros',
    '\\boxed{\\text{408}}': 'a number set as text is the number',
  },
  ifeval: {
    'CATS SLEEP ALL DAY.':
      'capital letters are English where they are no other language; langdetect guesses another one of short texts',
  },
};

function final(answer: string): string {
  return `So it is.\nFinal Answer: The final answer is $${answer}$. I hope it is correct.`;
}

afterAll(closeEngines);

function bare(benchmark: string, fields: readonly JsonObject[]): Prompt[] {
  const list = fields.map((one, i) => ({ fields: one, number: i + 1, place: `rows:${i + 1}` }));
  return benchmarkItems(benchmarkOf(benchmark), list, { seed: 0, wording: 'none' }).map(
    ({ prompt }) => prompt,
  );
}

/** The problem as the harness asked it: with the options in the order that it drew. */
function asDrawn(prompt: Prompt, { options, answer }: Recorded): Prompt {
  if (options === undefined) return prompt;
  return {
    ...prompt,
    answer: answer!.replaceAll(/[()]/gu, ''),
    meta: { ...prompt.meta, options: options as Json },
  };
}

/** The problem of each recorded response of a pass. */
function problems(name: string, benchmark: string, pass: Pass): { prompt: Prompt; entry: Recorded }[] {
  const all = bare(benchmark, own[benchmark]!.rows);
  const asked = pass === 'model' ? all : own[benchmark]!.canned!.map(({ row }) => all[row]!);
  const entries = recorded[name]![pass]!;
  expect(entries).toHaveLength(asked.length);
  return asked.map((prompt, i) => ({ prompt: asDrawn(prompt, entries[i]!), entry: entries[i]! }));
}

describe.each(FORMS)('%s', (name, benchmark, formName, filter, metric) => {
  const form = formOf(benchmark, formName)!;

  it('asks what the harness asks', () => {
    const shotRows = bare(benchmark, own[benchmark]!.shots ?? []);
    for (const { prompt, entry } of problems(name, benchmark, 'model')) {
      const shots = shotsOf(form, prompt, shotRows, form.shots);
      expect(formed(form, prompt, shots, false).text).toBe(entry.prompt);
    }
  });

  it.each(['model', 'canned'] as const)('takes and scores what the harness does: %s', async (pass) => {
    const differing: string[] = [];
    for (const { prompt, entry } of problems(name, benchmark, pass)) {
      const answer = form.answer(beforeStops(entry.response!, form.stops));
      if (filter !== null) {
        const isTaken = !entry.taken![filter]!.startsWith('[invalid');
        expect(answer !== null, `${prompt.id}: ${entry.response}`).toBe(isTaken);
        // Minerva's rule goes on to rewrite the answer, for sympy.
        if (isTaken && filter !== 'minerva') expect(answer).toBe(entry.taken![filter]);
      }
      const right = answer !== null && (await form.right(answer, prompt));
      if ((right ? 1 : 0) !== entry.score[metric]) differing.push(`${entry.response}`);
    }
    expect(differing).toEqual(pass === 'canned' ? Object.keys(DIFFERENCES[name] ?? {}) : []);
  });
});

describe('mmlu', () => {
  const form = formOf('mmlu', 'few-shot')!;

  it('asks what the harness asks', () => {
    const shotRows = bare('mmlu', own.mmlu!.shots!);
    for (const { prompt, entry } of problems('mmlu', 'mmlu', 'model')) {
      expect(formed(form, prompt, shotsOf(form, prompt, shotRows, 5), false).text).toBe(entry.prompt);
    }
  });

  it('counts the likeliest letter', async () => {
    for (const { prompt, entry } of problems('mmlu', 'mmlu', 'model')) {
      const best = entry.loglikelihoods!.indexOf(Math.max(...entry.loglikelihoods!));
      const right = await form.right(form.answer(form.choices![best]!)!, prompt);
      expect(right ? 1 : 0).toBe(entry.score.acc);
    }
  });
});

describe('ifeval', () => {
  const grader = openVerifier('instructions');

  it.each(['model', 'canned'] as const)('asks and scores what the harness does: %s', async (pass) => {
    const differing: string[] = [];
    for (const { prompt, entry } of problems('ifeval', 'ifeval', pass)) {
      if (pass === 'model') expect(prompt.text).toBe(entry.prompt);
      const [grade] = await grader.grade([completionOf(entry.response!, { prompt })]);
      if (grade!.correct !== entry.score.prompt_level_strict_acc) differing.push(entry.response!);
    }
    expect(differing).toEqual(pass === 'canned' ? Object.keys(DIFFERENCES.ifeval!) : []);
  });
});

it('compares every benchmark that has a form in the harness', () => {
  expect(BENCHMARK_NAMES).toEqual(expect.arrayContaining(FORMS.map(([, benchmark]) => benchmark)));
});
