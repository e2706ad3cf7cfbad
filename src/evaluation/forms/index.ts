/** @file The forms by benchmark and name. */
import { suggestion } from '../../did-you-mean.ts';
import { UsageError } from '../../errors.ts';
import { gpqaCot, mmluFewShot } from './choice.ts';
import type { PromptForm } from './form.ts';
import { aime2024Plain, aime2025Plain, gsm8kCot, gsm8kFewShot, math500FewShot, mathFewShot } from './math.ts';

export { beforeStops, formed, type PromptForm, shotsOf } from './form.ts';

/** All forms beside the zero-shot wording of `src/data/benchmarks`, in the order of listings. */
export const FORMS: readonly PromptForm[] = [
  gsm8kFewShot,
  gsm8kCot,
  math500FewShot,
  mathFewShot,
  aime2024Plain,
  aime2025Plain,
  gpqaCot,
  mmluFewShot,
];

/** The name of the wording that every benchmark has: the question, then the form of answer asked for. */
export const ZERO_SHOT = 'zero-shot';

/** The form of this name that a benchmark has, if it has one. */
export function findForm(benchmark: string, name: string): PromptForm | undefined {
  return FORMS.find((form) => form.benchmark === benchmark && form.name === name);
}

/** The form of a name; null for the benchmark's own wording. @throws UsageError naming those there are */
export function formOf(benchmark: string, name: string): PromptForm | null {
  if (name === ZERO_SHOT) return null;
  const found = findForm(benchmark, name);
  if (found !== undefined) return found;
  const own = FORMS.filter((form) => form.benchmark === benchmark);
  const names = [ZERO_SHOT, ...own.map((form) => form.name)];
  throw new UsageError(
    `--form ${name}: ${benchmark} has no such prompt form (${suggestion(name, names)})`,
    `There is ${names.join(', ')}.`,
  );
}
