import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { promptsSchema } from '../../data/index.ts';
import { paidRewards, REWARD_NAMES, rewardsSchema } from '../../rl/reward/index.ts';
import { requirePayableRewards } from './payable-rewards.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-payable-'));
afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;
/** A task that reads these rows. */
function rows(...written: object[]) {
  const path = join(dir, `${files++}.jsonl`);
  writeFileSync(path, written.map((row) => `${JSON.stringify({ prompt: 'q', ...row })}\n`).join(''));
  return { task: 'file', path };
}

const endpoint = { baseUrl: 'http://127.0.0.1:1', model: 'm' };
const none = { answer: null };
const asserted = ['assert f(1)'];

/** Rewards that the prompts of `cannot` can never earn, why, and what makes them payable. */
const CASES: readonly { rewards: object; cannot: object[]; why: RegExp; can: object[] }[] = [
  {
    rewards: { accuracy: {} },
    cannot: [rows(none)],
    why: /has a reference answer\n.*answerField/,
    can: [rows({ answer: 1 })],
  },
  {
    rewards: { accuracy: { verifier: 'choice' } },
    cannot: [rows({ answer: 'forty' })],
    why: /has a letter as its reference answer/,
    can: [{ task: 'generated', family: 'countdown' }],
  },
  {
    rewards: { choice: {} },
    cannot: [{ task: 'chain' }],
    why: /the task "chain" has a letter/,
    can: [rows({ answer: 'B' })],
  },
  {
    rewards: { code: {} },
    cannot: [rows({ answer: 1, tests: asserted })],
    why: /has tests\n.*testsField/,
    can: [
      { task: 'benchmark', name: 'mbpp', path: rows({ text: 'f', test_list: asserted, task_id: 1 }).path },
    ],
  },
  {
    rewards: { code: { testsField: 'tests' } },
    cannot: [rows({ tests: null })],
    why: /has tests in the column "tests"/,
    can: [rows({ tests: asserted })],
  },
  {
    rewards: { task: {} },
    cannot: [rows({ answer: 1 }), { task: 'chain' }],
    why: /\.jsonl, the task "chain" has a generated problem/,
    can: [{ task: 'generated', family: 'clock' }],
  },
  {
    rewards: { task: { family: 'countdown' } },
    cannot: [rows({ nums: [1, 2], target: 3 })],
    why: /has a problem of countdown that can be read\n.*rewards\.task\.fields/,
    can: [rows({ numbers: [1, 2], target: 3 })],
  },
  {
    rewards: { instructions: {} },
    cannot: [rows({ answer: 1 })],
    why: /has verifiable instructions/,
    can: [
      {
        task: 'benchmark',
        name: 'ifeval',
        path: rows({ key: 1, instruction_id_list: ['change_case:english_lowercase'], kwargs: [{}] }).path,
      },
    ],
  },
  {
    rewards: { judge: { endpoint } },
    cannot: [rows({ answer: 1 })],
    why: /has no reference answer\n.*asked/,
    can: [rows(none)],
  },
  {
    rewards: { language: {} },
    cannot: [rows({ answer: 1 })],
    why: /has a language\n.*languageField/,
    can: [rows({ language: 'en' })],
  },
  {
    rewards: { helpful: { model: 'm' } },
    cannot: [{ task: 'general', tell: 0 }],
    why: /the task "general" has meta\.preference "helpful"\n.*rewards\.helpful\.tasks/,
    can: [{ task: 'general' }],
  },
  {
    rewards: { harmless: { model: 'm', tasks: ['safety'] } },
    cannot: [{ task: 'general' }],
    why: /has the task "safety"/,
    can: [{ ...rows(none), name: 'safety' }],
  },
  {
    rewards: { wanted: {} },
    cannot: [{ task: 'general', tell: 0, secret: 0 }],
    why: /has sentences that are wanted/,
    can: [{ task: 'general' }],
  },
  {
    rewards: { search: {} },
    cannot: [{ task: 'chain' }],
    why: /has a target to make from numbers/,
    can: [{ task: 'search' }],
  },
  {
    rewards: { 'chain-steps': {} },
    cannot: [{ task: 'generated', family: 'clock' }],
    why: /has a chain of sums/,
    can: [{ task: 'chain' }],
  },
];

const find = (reference: string): string | null => (reference.startsWith('@') ? null : reference);
const require = (rewards: object, prompts: object[], more: object = {}) =>
  requirePayableRewards(
    {
      stage: 'train',
      setting: 'rewards',
      rewards: rewardsSchema.parse(rewards),
      prompts: promptsSchema.parse(prompts),
      template: 'r1-zero',
      ...more,
    },
    find,
  );
const titled = CASES.map((one) => [JSON.stringify(one.rewards), one] as const);

describe('requirePayableRewards', () => {
  it.each(titled)('refuses %s where no prompt has what it needs', async (_, { rewards, cannot, why }) => {
    const refused = require({ ...rewards, format: {} }, cannot);
    await expect(refused).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(why) });
    const [name] = Object.keys(rewards);
    await expect(refused).rejects.toThrow(`train: the reward "${name}" can never be paid: no prompt of `);
    await expect(refused).rejects.toThrow(`leave "${name}" out of rewards`);
  });

  it.each(titled)(
    'allows %s where prompts have it, be it some of a mixture',
    async (_, { rewards, cannot, can }) => {
      await require(rewards, can);
      await require(rewards, [...cannot, ...can]);
    },
  );

  it('has a case for each reward that needs something of prompts', () => {
    const settings = {
      custom: { file: 'f' },
      helpful: { model: 'm' },
      harmless: { model: 'm' },
      judge: { endpoint },
    };
    const all = rewardsSchema.parse({
      ...Object.fromEntries(REWARD_NAMES.map((name) => [name, {}])),
      ...settings,
    });
    const needing = paidRewards(all).filter(({ need }) => need !== null);
    expect(new Set(CASES.flatMap(({ rewards }) => Object.keys(rewards)))).toEqual(
      new Set(needing.map(({ name }) => name)),
    );
  });

  it('looks at prompts that pass the filters', async () => {
    const both = rows({ answer: 1 }, { prompt: 'r', answer: null });
    await require({ accuracy: {} }, [both]);
    await expect(require({ accuracy: {} }, [{ ...both, filters: { match: 'r' } }])).rejects.toThrow(
      'never be paid',
    );
  });

  it('refuses nothing of prompts that an earlier stage makes, and nothing with weight 0', async () => {
    await require({ accuracy: {} }, [rows(none), { task: 'file', path: '@made/data.jsonl' }]);
    await require({ accuracy: { weight: 0 }, format: {} }, [rows(none)]);
  });

  it('wants one payable reward where one is enough', async () => {
    const rewards = { accuracy: {}, wanted: {} };
    await require(rewards, [rows({ answer: 1 })], { oneIsEnough: true });
    await expect(require(rewards, [rows(none)], { oneIsEnough: true })).rejects.toThrow(
      '"accuracy" can never',
    );
  });
});

describe('a reward for a form', () => {
  /** The small world's tokenizer, its vocabulary without a word. */
  function tokenizerWithout(word: string): string {
    const model = mkdtempSync(join(dir, 'model-'));
    cpSync('models/tiny-base/tokenizer_config.json', join(model, 'tokenizer_config.json'));
    const written = readFileSync('models/tiny-base/tokenizer.json', 'utf8');
    writeFileSync(join(model, 'tokenizer.json'), written.replace(`"${word}"`, '"other"'));
    return model;
  }
  const form = (template: string, model: string) =>
    require({ format: {} }, [{ task: 'chain' }], { template, model });

  it('is allowed where the tokenizer can write its tags, or is not there yet', async () => {
    await form('plain', 'models/tiny-base');
    await form('plain', '@made');
  });

  it.each(['</think>', '<answer>'])('is refused where the tokenizer cannot write %s', async (tag) => {
    const refused = form('r1-zero-prefilled', tokenizerWithout(tag));
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    await expect(refused).rejects.toThrow(`no response can hold ${tag}`);
  });

  it('need not be able to open a thought that the template opens', async () => {
    const model = tokenizerWithout('<think>');
    await form('r1-zero-prefilled', model);
    await expect(form('plain', model)).rejects.toThrow('no response can hold <think>');
  });
});
