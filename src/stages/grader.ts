/**
 * @file From sampled completions to the graded responses that an evaluation is made of.
 */
import type { Graded } from '../eval/index.ts';
import type { Completion, Scored } from '../records.ts';
import { languageConsistency, scoreAll, type WeightedReward } from '../reward/index.ts';
import { parseResponse } from '../text/index.ts';

/** Grades completions, in their order. */
export interface Grader {
  grade(completions: readonly Completion[]): Promise<Graded[]>;
}

/** Reasoning problems: the reward `accuracy`, else `custom`, decides what is right. */
export class ReasoningGrader implements Grader {
  readonly #rewards: readonly WeightedReward[];
  readonly #languages: { readonly prefilled: boolean } | null;

  /**
   * @param languages - measures the languages of thoughts, which the prompt template opens where `prefilled`; null
   * leaves them alone
   */
  constructor(rewards: readonly WeightedReward[], languages: { readonly prefilled: boolean } | null) {
    this.#rewards = rewards;
    this.#languages = languages;
  }

  async grade(completions: readonly Completion[]): Promise<Graded[]> {
    const scored = await scoreAll(this.#rewards, completions);
    return scored.map((one) => ({
      ...describe(one),
      correct: one.parts.accuracy ?? one.parts.custom ?? null,
      ...(this.#languages && { language: thoughtLanguage(one.completion, this.#languages.prefilled) }),
    }));
  }
}

/** General prompts: the first reward that can score a response decides; only full marks count as right. */
export class GeneralGrader implements Grader {
  readonly #rewards: readonly WeightedReward[];

  constructor(rewards: readonly WeightedReward[]) {
    this.#rewards = rewards;
  }

  async grade(completions: readonly Completion[]): Promise<Graded[]> {
    const scored = await scoreAll(this.#rewards, completions);
    return scored.map((one) => {
      const kind = one.completion.prompt.meta?.kind;
      return {
        ...describe(one),
        correct: Object.values(one.parts).find((part) => part !== null) ?? null,
        ...(typeof kind === 'string' && { kind }),
      };
    });
  }
}

function describe({ completion, parts }: Scored): Omit<Graded, 'correct'> {
  return {
    promptId: completion.prompt.id,
    question: completion.prompt.text,
    reference: completion.prompt.answer,
    formatted: parts.format === 1,
    length: completion.tokens.length,
    finish: completion.finish,
    answer: parseResponse(completion.text).answer?.trim() ?? null,
    text: completion.text,
  };
}

/** Share of the thought's words that are in the prompt's language; null without words, or without a language. */
function thoughtLanguage({ prompt, text }: Completion, prefilled: boolean): number | null {
  const thought = parseResponse(text, { prefilled }).reasoning;
  if (thought === null || prompt.language === undefined) return null;
  return languageConsistency(thought, prompt.language);
}
