import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { generatedHeldOut, generatedPrompts, generatedSchema } from './generated.ts';
import { splitOf } from './split.ts';
import { openPrompts, promptsSchema } from './tasks.ts';

const config = generatedSchema.parse({ family: 'sudoku4' });

describe('generated prompts', () => {
  it('hold what prompt and scorer need', () => {
    const [prompt] = generatedPrompts({ ...config, seed: 1 }).next(1);
    expect(prompt).toMatchObject({ task: 'sudoku4', language: 'en', meta: { family: 'sudoku4' } });
    expect(prompt!.id).toMatch(/^sudoku4\/[1-5]\/[0-9a-f]{16}$/);
    expect(prompt!.answer).toMatch(/^(\d \d \d \d\n?){4}$/);
    expect(JSON.parse(JSON.stringify(prompt))).toEqual(prompt);
    expect((prompt!.meta!.problem as { puzzle: number[] }).puzzle).toHaveLength(16);
  });

  it('are the same for the same seed however they are fetched, and others for another', () => {
    const whole = generatedPrompts({ ...config, seed: 1 }).next(20);
    const source = generatedPrompts({ ...config, seed: 1 });
    const first = source.next(7);
    const resumed = generatedPrompts({ ...config, seed: 1 });
    resumed.seek(JSON.parse(JSON.stringify(source.cursor())));
    expect([...first, ...resumed.next(13)]).toEqual(whole);
    expect(generatedPrompts({ ...config, seed: 2 }).next(20)).not.toEqual(whole);
  });

  it('keep to the levels asked for, all alike', () => {
    const limits = generatedSchema.parse({ family: 'caesar-cipher', minLevel: 2, maxLevel: 3 });
    const levels = generatedPrompts({ ...limits, seed: 1 })
      .next(400)
      .map(({ meta }) => meta!.level);
    expect(new Set(levels)).toEqual(new Set([2, 3]));
    expect(levels.filter((level) => level === 2).length / 400).toBeCloseTo(0.5, 1);
  });

  it('never have the text of a held-out one, of whatever seed', () => {
    // Level 1 of this family has few problems, which would meet if nothing kept them apart.
    const few = generatedSchema.parse({ family: 'tower-of-hanoi', maxLevel: 1 });
    const training = [1, 2, 3].flatMap((seed) => generatedPrompts({ ...few, seed }).next(300));
    const heldOut = [1, 2].flatMap((seed) => generatedHeldOut({ ...few, seed }).take(1));
    const texts = new Set(training.map(({ text }) => text));
    for (const { text } of heldOut) expect(texts.has(text)).toBe(false);
    expect(new Set(training.map(({ text }) => splitOf(text)))).toEqual(new Set(['train']));
  });
});

describe('held-out problems', () => {
  it('are distinct, balanced over levels, and a prefix of a larger set', () => {
    const set = generatedHeldOut({ ...config, seed: 1 }).take(50);
    expect(new Set(set.map(({ text }) => text)).size).toBe(50);
    expect(new Set(set.map(({ text }) => splitOf(text)))).toEqual(new Set(['heldout']));
    for (const level of [1, 2, 3, 4, 5]) {
      expect(set.filter(({ meta }) => meta!.level === level)).toHaveLength(10);
    }
    expect(generatedHeldOut({ ...config, seed: 1 }).take(20)).toEqual(set.slice(0, 20));
  });

  it('go on with the other levels where one is used up, and say when all are', () => {
    const hanoi = generatedSchema.parse({ family: 'tower-of-hanoi', maxLevel: 2 });
    const set = generatedHeldOut({ ...hanoi, seed: 1 });
    expect(() => set.take(1000)).toThrow(UsageError);
    expect(() => set.take(1000)).toThrow(/held-out problems asked for, \d+ there/);
  });
});

it('are a task of a recipe, mixed with others and resumed', async () => {
  const entries = [
    { task: 'generated', family: 'game24' },
    { task: 'generated', family: 'maze', weight: 3 },
  ];
  const open = () => openPrompts(promptsSchema.parse(entries), { seed: 1, resolve: (path) => path });
  const whole = (await open()).next(40);
  expect(whole.filter(({ task }) => task === 'maze')).toHaveLength(30);
  const first = await open();
  first.next(15);
  const resumed = await open();
  resumed.seek(JSON.parse(JSON.stringify(first.cursor())));
  expect(resumed.next(25)).toEqual(whole.slice(15));
});

describe('the settings', () => {
  it.each([
    [{ family: 'sudoku' }],
    [{}],
    [{ family: 'sudoku4', minLevel: 0 }],
    [{ family: 'sudoku4', maxLevel: 6 }],
    [{ family: 'sudoku4', minLevel: 6 }],
    [{ family: 'sudoku4', minLevel: 3, maxLevel: 2 }],
    [{ family: 'sudoku4', level: 2 }],
  ])('refuse %j', (settings) => {
    expect(generatedSchema.safeParse(settings).success).toBe(false);
  });
});
