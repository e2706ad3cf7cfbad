/**
 * @file Grading of responses in an evaluation: by the rewards that say right or wrong, the same that train and select.
 *
 * The first of them that can score a response decides. `Verifier` names the reward that a benchmark's answers need.
 */
import type { Verifier } from '../data/index.ts';
import type { Completion, Prompt, Reflection } from '../records.ts';
import {
  createRewards,
  disposeRewards,
  firstRight,
  type Reward,
  type RewardContext,
  type RewardsConfig,
  rewardsSaying,
  rewardsSchema,
  scoreAll,
} from '../rl/reward/index.ts';
import { beforeStops, type PromptForm } from './forms/index.ts';

/** What a response is worth. */
export interface Grade {
  /** 1 right, 0 wrong, between: partial credit, null: could not be scored. */
  readonly correct: number | null;
  /** The answer found, as it takes part in a vote; null where there is none. */
  readonly answer: string | null;
  /** What the reward `format` says; null where it is not among the rewards. */
  readonly formatted: boolean | null;
  /** Words of doubt, attempts, and whether the answer changed after the first. */
  readonly reflection: Reflection | undefined;
}

/** Grades responses. */
export interface Grader {
  /** Whether answers can vote (cons@k): not where each response is a program or a text of its own. */
  readonly votes: boolean;
  /** Throws UserError where this machine lacks what grading needs: to be told before anything is sampled. */
  ready(prompts: readonly Prompt[]): Promise<void>;
  /** The grades of completions, in their order. */
  grade(completions: readonly Completion[]): Promise<Grade[]>;
  /** Whether two answers to a prompt mean the same, e.g. `1/2` and `0.5`. Asked for answers whose texts differ. */
  same(a: string, b: string, prompt: Prompt): boolean | Promise<boolean>;
  /** Ends what the grader started: workers, sandboxes, models. */
  close(): void;
}

const RIGHT: readonly string[] = rewardsSaying('right');

/** The grader of a recipe's rewards. Rewards that say something else than right or wrong do not grade. */
export function openGrader(config: RewardsConfig, context: RewardContext = {}): Grader {
  const rewards = createRewards(config, context);
  const deciding = rewards.map(({ reward }) => reward).filter(({ name }) => RIGHT.includes(name));
  const voting = deciding.filter(({ answers }) => answers !== null);
  const answerOf = (reward: Reward | undefined, completion: Completion): string | null => {
    if (reward?.answers === null) return null;
    return reward?.answers ? reward.answers.of(completion) : completion.response.answer;
  };
  return {
    votes: voting.length > 0,
    async ready(prompts) {
      for (const { ready } of deciding) await ready?.(prompts);
    },
    async grade(completions) {
      const scored = await scoreAll(rewards, completions);
      return scored.map(({ completion, parts, reflection }) => {
        const right = firstRight(parts);
        const decider = deciding.find(({ name }) => name === right?.name) ?? voting[0];
        return {
          correct: right?.score ?? null,
          answer: answerOf(decider, completion),
          formatted: parts.format === undefined ? null : parts.format === 1,
          reflection,
        };
      });
    },
    same: (a, b, prompt) => voting[0]?.answers?.same(a, b, prompt) ?? a === b,
    close: () => disposeRewards(rewards),
  };
}

/** The grader of a prompt form: its own rule finds the answer, and says whether it is right. */
export function openFormGrader(form: PromptForm): Grader {
  return {
    votes: true,
    ready: async () => undefined,
    grade: (completions) => Promise.all(completions.map((completion) => gradeInForm(form, completion))),
    same: (a, b) => a === b,
    close: () => undefined,
  };
}

async function gradeInForm(form: PromptForm, { prompt, text }: Completion): Promise<Grade> {
  const answer = form.answer(beforeStops(text, form.stops));
  const isRight = answer !== null && (await form.right(answer, prompt));
  return { correct: isRight ? 1 : 0, answer, formatted: answer !== null, reflection: undefined };
}

/** How the answers of a question set are verified: as its benchmark says, or by the family that made the problem. */
export type QuestionVerifier = Verifier | 'family';

/** The reward of each verifier. */
const REWARDS: { readonly [verifier in QuestionVerifier]: RewardsConfig } = {
  exact: rewardsSchema.parse({ accuracy: {} }),
  math: rewardsSchema.parse({ accuracy: { verifier: 'math' } }),
  choice: rewardsSchema.parse({ accuracy: { verifier: 'choice' } }),
  family: rewardsSchema.parse({ task: {} }),
  code: rewardsSchema.parse({ code: {} }),
  instructions: rewardsSchema.parse({ instructions: {} }),
};

/** The grader of a verifier. */
export function openVerifier(verifier: QuestionVerifier): Grader {
  return openGrader(REWARDS[verifier]);
}
