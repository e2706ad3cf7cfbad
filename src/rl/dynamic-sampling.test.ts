import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { ALONE } from '../ranks.ts';
import type { Completion, Scored } from '../records.ts';
import { rlSchema } from './config.ts';
import { dynamicSampling } from './dynamic-sampling.ts';
import { scoreAll, type WeightedReward } from './reward/index.ts';
import { TrainStep } from './training-loop.ts';

/** A reward that reads its value from the text. */
const rewards: WeightedReward[] = [
  { reward: { name: 'said', score: ({ text }) => (text === 'null' ? null : Number(text)) }, weight: 1 },
];

/** Draws groups of two whose rewards are given; records what was asked for. */
function drawing(groups: readonly (readonly [number | null, number | null])[]) {
  const asked: [step: number, prompts: number, attempt: number][] = [];
  let next = 0;
  const draw = async (step: number, prompts: number, attempt: number): Promise<Completion[]> => {
    asked.push([step, prompts, attempt]);
    return Array.from({ length: prompts }, () => groups[next++ % groups.length]!)
      .flat()
      .map((reward) => completionOf(String(reward)));
  };
  return { asked, draw };
}

/** The groups of step 7. */
async function collect(
  { draw }: ReturnType<typeof drawing>,
  promptsPerStep: number,
  settings?: { attempts: number },
) {
  const config = { promptsPerStep, groupSize: 2, dynamicSampling: settings };
  const first = await scoreAll(rewards, await draw(7, promptsPerStep, 0));
  return dynamicSampling(
    { config, rollouts: { draw }, rewards, learner: { ranks: ALONE } },
    new TrainStep(7),
    first,
  );
}

const values = (scored: readonly Scored[]) => scored.map(({ reward }) => reward);

describe('dynamicSampling', () => {
  it('keeps every group of one draw unless asked', async () => {
    const source = drawing([[1, 1]]);
    const result = await collect(source, 3);
    expect(values(result.kept)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(result).toMatchObject({ discarded: [], attempts: 1 });
    expect(source.asked).toEqual([[7, 3, 0]]);
  });

  it('draws again for the groups that are missing until enough have a signal', async () => {
    const source = drawing([
      [1, 0],
      [1, 1],
      [0, 0],
      [2, 1],
      [null, 1],
      [0, 3],
    ]);
    const result = await collect(source, 3, { attempts: 10 });
    expect(values(result.kept)).toEqual([1, 0, 2, 1, 0, 3]);
    expect(values(result.discarded)).toEqual([1, 1, 0, 0, null, 1]);
    expect(source.asked).toEqual([
      [7, 3, 0],
      [7, 2, 1],
      [7, 1, 2],
    ]);
    expect(result.attempts).toBe(3);
  });

  it('stops at the bound with what there is', async () => {
    const source = drawing([
      [1, 0],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    const result = await collect(source, 2, { attempts: 2 });
    expect(values(result.kept)).toEqual([1, 0]);
    expect(result.discarded).toHaveLength(4);
    expect(source.asked).toHaveLength(2);
  });

  it('has a bound by default', () => {
    const settings = {
      stage: 'rl',
      name: 'rl',
      model: 'm',
      prompts: [{ task: 'chain' }],
      rewards: { format: {} },
      steps: 1,
      optimizer: { peak: 1e-4 },
    };
    const parse = (asked: object) => rlSchema.safeParse({ ...settings, dynamicSampling: asked });
    expect(parse({}).data?.dynamicSampling).toEqual({ attempts: 10 });
    expect(parse({ attempts: 0 }).success).toBe(false);
  });
});
