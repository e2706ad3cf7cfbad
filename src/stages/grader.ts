/**
 * @file From sampled completions to the graded responses that an evaluation is made of.
 */
import type { Graded } from '../eval/index.ts';
import type { Completion, Scored } from '../records.ts';
import { languageConsistency, scoreAll, type WeightedReward } from '../reward/index.ts';

/** Grades completions, in their order. */
export interface Grader {
  grade(completions: readonly Completion[]): Promise<Graded[]>;
}

/** Reasoning problems: the reward `accuracy`, else `custom`, decides what is right. */
export class ReasoningGrader implements Grader {
  readonly #rewards: readonly WeightedReward[];
  readonly #languages: boolean;

  /**
   * @param languages - measures the languages of thoughts
   */
  constructor(rewards: readonly WeightedReward[], languages: boolean) {
    this.#rewards = rewards;
    this.#languages = languages;
  }

  async grade(completions: readonly Completion[]): Promise<Graded[]> {
    const scored = await scoreAll(this.#rewards, completions);
    return scored.map((one) => ({
      ...describe(one),
      correct: one.parts.accuracy ?? one.parts.custom ?? null,
      ...(this.#languages && { language: thoughtLanguage(one.completion) }),
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
    answer: completion.response.said?.trim() ?? null,
    text: completion.text,
    ...(completion.response.opened && { opened: true as const }),
  };
}

/** Share of the thought's words that are in the prompt's language; null without words, or without a language. */
function thoughtLanguage({ prompt, response: { thought } }: Completion): number | null {
  if (thought === null || prompt.language === undefined) return null;
  return languageConsistency(thought, prompt.language);
}
