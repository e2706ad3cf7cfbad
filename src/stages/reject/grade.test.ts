import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { createRewards, REWARD_NAMES, scoreAll } from '../../rl/reward/index.ts';
import { type RejectConfig, rejectSchema } from './config.ts';
import { gradeAlone, isUnscored, REASONS } from './grade.ts';

const config = (settings: object = {}): RejectConfig =>
  rejectSchema.parse({
    stage: 'reject',
    name: 'x',
    model: 'm',
    prompts: [{ task: 'chain' }],
    rewards: { accuracy: {}, format: {}, language: {}, length: {} },
    ...settings,
  });

const reason = (parts: Record<string, number | null>, settings: object = {}, text = '<think> a </think> b') =>
  gradeAlone({ completion: completionOf(text), reward: 0, parts }, config(settings));

describe('gradeAlone', () => {
  it('asks a full score of every reward, and no penalty for length', () => {
    expect(reason({ accuracy: 1, format: 1, language: 1, length: 0 })).toBeNull();
    expect(reason({ accuracy: 0, format: 0 })).toBe('accuracy');
    expect(reason({ accuracy: 1, format: 0 })).toBe('format');
    expect(reason({ accuracy: 1, language: 0.99 })).toBe('language');
    expect(reason({ accuracy: 1, length: -0.1 })).toBe('length');
  });

  it('takes the minimum that is given; null drops nothing', () => {
    const minimum = { language: 0.5, accuracy: null };
    expect(reason({ accuracy: 0, language: 0.5 }, { minimum })).toBeNull();
    expect(reason({ accuracy: 0, language: 0.4 }, { minimum })).toBe('language');
  });

  it('forgives the rounding of a sum of shares', () => {
    expect(reason({ language: 0.1 + 0.2 + 0.7 - 2e-16 })).toBeNull();
  });

  it('drops nothing for a score that is null', () => {
    expect(reason({ accuracy: null, format: 1 })).toBeNull();
  });

  it('looks at length first and at the thought last', () => {
    const filters = { maxTokens: 2, longParagraph: 1 };
    expect(reason({ accuracy: 0 }, { filters })).toBe('maxTokens');
    expect(reason({ accuracy: 0 }, { filters: { longParagraph: 1 } }, '<think> ab </think>')).toBe(
      'accuracy',
    );
    expect(reason({ accuracy: 1 }, { filters: { longParagraph: 1 } }, '<think> ab </think>')).toBe(
      'longParagraph',
    );
    expect(reason({ accuracy: 1 }, { filters: { longParagraph: 1 } })).toBeNull();
  });
});

it('keeps a right reply to a prompt that opened the thought, without a setting for it', async () => {
  const settings = config();
  const rewards = createRewards(settings.rewards, { maxTokens: 100 });
  const prompt = { answer: '42', language: 'en' };
  const reply = 'forty and two </think> <answer> 42 </answer>';
  const reasonOf = async (opened: boolean): Promise<string | null> => {
    const [scored] = await scoreAll(rewards, [completionOf(reply, { prompt, opened })]);
    return gradeAlone(scored!, settings);
  };
  expect(await reasonOf(true)).toBeNull();
  expect(await reasonOf(false)).toBe('format');
});

describe('isUnscored', () => {
  it('is so where all rules for what is right gave null', () => {
    expect(isUnscored({ accuracy: null, format: 1 }, false)).toBe(true);
    expect(isUnscored({ accuracy: null, wanted: 0.5 }, false)).toBe(false);
    expect(isUnscored({ accuracy: 0 }, true)).toBe(false);
  });

  it('leaves all to a judge where no such rule is named', () => {
    expect(isUnscored({ format: 1 }, false)).toBe(false);
    expect(isUnscored({ format: 1 }, true)).toBe(true);
  });
});

it('has a place for every reward among the reasons', () => {
  expect(REASONS).toEqual(expect.arrayContaining([...REWARD_NAMES]));
  expect(new Set(REASONS).size).toBe(REASONS.length);
});
