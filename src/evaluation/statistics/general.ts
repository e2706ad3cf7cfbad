/**
 * @file Results on general prompts (greetings, descriptions, what it should decline), beside its reasoning.
 *
 * Kept apart from pass@1: a model may win at one and lose at the other, and that is what is to be seen.
 */
import { bootstrapInterval, type Interval, type Resampling, type Uniform } from './bootstrap.ts';
import { accuracy, type Graded, isScored } from './graded.ts';
import { mean } from './quantile.ts';

/** One kind of general prompt. */
export interface KindReport {
  /** Share answered rightly: mean over prompts, of the mean over their samples. */
  readonly success: number;
  readonly prompts: number;
}

/** Figures of general prompts. */
export interface GeneralReport {
  /** Share answered rightly, with its bootstrap interval over prompts (95 %); null where none could be scored. */
  readonly generalSuccess: number | null;
  readonly generalSuccessInterval: Interval | null;
  /** The same by kind, in order of name. */
  readonly generalKinds: { readonly [kind: string]: KindReport };
  /** Mean length of the responses in tokens. */
  readonly generalMeanLength: number;
  readonly generalPrompts: number;
  readonly samplesPerGeneralPrompt: number;
}

/**
 * Measures at least one general prompt.
 * @param prompts - per prompt, its samples; those of which no sample could be scored are left out of the successes
 */
export function generalReport(
  prompts: readonly (readonly Graded[])[],
  random: Uniform,
  resampling: Resampling = {},
): GeneralReport {
  const scored = prompts.filter(isScored);
  const successes = scored.map(accuracy);
  return {
    generalSuccess: scored.length > 0 ? mean(successes) : null,
    generalSuccessInterval: scored.length > 0 ? bootstrapInterval(successes, random, resampling) : null,
    generalKinds: byKind(scored),
    generalMeanLength: mean(prompts.flat().map(({ length }) => length)),
    generalPrompts: prompts.length,
    samplesPerGeneralPrompt: prompts[0]!.length,
  };
}

function byKind(scored: readonly (readonly Graded[])[]): { [kind: string]: KindReport } {
  const kinds = [...new Set(scored.flatMap(([first]) => first!.kind ?? []))].sort();
  return Object.fromEntries(
    kinds.map((kind) => {
      const own = scored.filter(([first]) => first!.kind === kind);
      return [kind, { success: mean(own.map(accuracy)), prompts: own.length }];
    }),
  );
}
