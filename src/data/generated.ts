/**
 * @file Generated task families as prompts: an endless training source and the held-out set.
 *
 * A prompt is a function of seed, family, level and index, so nothing is stored. The text of a problem decides its side
 * (split.ts): no training prompt, of any seed, has the text of a held-out one. `meta` holds `family`, `level` and
 * `problem`, which the family's scorer reads.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Problem, TaskFamily } from '../grading/tasks/index.ts';
import { FAMILY_NAMES, findFamily } from '../grading/tasks/index.ts';
import { Random } from '../random.ts';
import type { Prompt } from '../records.ts';
import { type HeldOut, indexedPrompts, type PromptSource } from './source.ts';
import { type Split, splitOf } from './split.ts';

/** Settings of the task `generated`. */
export const generatedSchema = z
  .strictObject({
    family: z.enum(FAMILY_NAMES).describe('Task family, see docs/tasks.md'),
    minLevel: z.number().int().min(1).default(1).describe('Lowest level of difficulty'),
    maxLevel: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe("Highest level of difficulty; left out, the family's"),
  })
  .superRefine(({ family, minLevel, maxLevel }, context) => {
    const { levels } = familyOf(family);
    if ((maxLevel ?? levels) > levels) {
      context.addIssue({ code: 'custom', path: ['maxLevel'], message: `${family} has ${levels} levels` });
    }
    if (minLevel > (maxLevel ?? levels)) {
      context.addIssue({
        code: 'custom',
        path: ['minLevel'],
        message: 'minLevel must not be above maxLevel',
      });
    }
  });

export type GeneratedConfig = z.output<typeof generatedSchema>;

function familyOf(name: string): TaskFamily {
  const family = findFamily(name);
  if (family !== undefined) return family;
  throw new UsageError(`unknown task family "${name}"`, `Choose one of: ${FAMILY_NAMES.join(', ')}.`);
}

/** The prompt that puts `problem`; its id comes from the text. */
export function generatedPrompt(family: TaskFamily, level: number, problem: Problem): Prompt {
  const hash = createHash('sha256').update(problem.text).digest('hex').slice(0, 16);
  return {
    id: `${family.name}/${level}/${hash}`,
    task: family.name,
    text: problem.text,
    answer: problem.answer,
    language: 'en',
    meta: { family: family.name, level, problem: problem.meta },
  };
}

/** Draws without a new problem after which a level counts as used up: one in ten is held out. */
const PATIENCE = 500;

/** The next problem of one side that `seen` does not hold, or null where there seem to be no more. */
function problemOf(
  family: TaskFamily,
  level: number,
  split: Split,
  random: Random,
  seen: ReadonlySet<string> = new Set(),
): Problem | null {
  for (let tries = 0; tries < PATIENCE; tries++) {
    const problem = family.generate(random, level);
    if (splitOf(problem.text) === split && !seen.has(problem.text)) return problem;
  }
  return null;
}

/** Endless training problems of one family, levels uniform in minLevel..maxLevel. Low levels may repeat. */
export function generatedPrompts(options: GeneratedConfig & { seed: number }): PromptSource {
  const { seed, minLevel } = options;
  const family = familyOf(options.family);
  const maxLevel = options.maxLevel ?? family.levels;
  return indexedPrompts(`generated ${family.name}`, (index) => {
    const random = Random.derive(seed, 'generated', family.name, 'train', index);
    const level = random.int(minLevel, maxLevel);
    const problem = problemOf(family, level, 'train', random);
    if (problem === null) throw new Error(`${family.name}: no training problem of level ${level}`);
    return generatedPrompt(family, level, problem);
  });
}

/**
 * The held-out problems of one family: none twice, levels in turn as long as each has new ones, the order decided by
 * `seed`. A larger set extends a smaller one. Throws UsageError where all levels together have fewer.
 */
export function generatedHeldOut(options: GeneratedConfig & { seed: number }): HeldOut {
  const { seed, minLevel } = options;
  const family = familyOf(options.family);
  const maxLevel = options.maxLevel ?? family.levels;
  return {
    size: null,
    take(count) {
      const prompts: Prompt[] = [];
      const seen = new Set<string>();
      let open = Array.from({ length: maxLevel - minLevel + 1 }, (_, i) => ({
        level: minLevel + i,
        random: Random.derive(seed, 'generated', family.name, 'heldout', minLevel + i),
      }));
      while (prompts.length < count) {
        const next = open.shift();
        if (next === undefined) throw usedUp(family, prompts.length, count);
        const problem = problemOf(family, next.level, 'heldout', next.random, seen);
        if (problem === null) continue;
        seen.add(problem.text);
        prompts.push(generatedPrompt(family, next.level, problem));
        open = [...open, next];
      }
      return prompts;
    },
  };
}

function usedUp(family: TaskFamily, there: number, count: number): UsageError {
  return new UsageError(
    `${family.name}: ${count} held-out problems asked for, ${there} there at these levels`,
    'Ask for a smaller evaluation set, or raise maxLevel.',
  );
}
