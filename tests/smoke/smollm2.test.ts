/** recipes/smollm2: the data that its scripts make, the reward of general prompts, and its recipes on a tiny checkpoint. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATA_FILES, dataFolder, rowsOf, writeData } from '../../recipes/smollm2/data.ts';
import reward from '../../recipes/smollm2/general-reward.ts';
import { isHeldOut, trainingProblems } from '../../recipes/smollm2/make/problems.ts';
import { workedSolution } from '../../recipes/smollm2/make/traces.ts';
import { aha } from '../../src/app/cli/testing.ts';
import { Random } from '../../src/random.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { completionOf } from '../support/completion.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-smollm2-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = path.join(import.meta.dirname, '../../recipes/smollm2/data.ts');
const { XDG_CACHE_HOME } = process.env;

function restoreCache(): void {
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
}

interface Message {
  readonly role: string;
  readonly content: string;
}

interface Row {
  readonly prompt: string | readonly Message[];
  readonly response: string;
  readonly kind: string;
  readonly fault: string;
  readonly chosen: string;
  readonly rejected: string;
}

const rows = (name: string) => rowsOf(name) as readonly Row[];
const questions = (name: string) =>
  rows(name).map(({ prompt }) => (typeof prompt === 'string' ? prompt : prompt.at(-1)!.content));

describe('the data', () => {
  it.each([
    ['cold-start.jsonl', 500],
    ['more.jsonl', 2000],
    ['general.jsonl', 1000],
    ['pairs.jsonl', 1000],
  ])('%s has at least %d rows, none twice', (name, least) => {
    const all = rows(name).map((row) => JSON.stringify(row));
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(least);
  });

  it('keeps what is evaluated out of all that is trained on', () => {
    const training = DATA_FILES.filter((name) => !/test|validation|student/.test(name));
    const tests = DATA_FILES.filter((name) => /test|validation/.test(name));
    expect(tests.length + training.length + 1).toBe(DATA_FILES.length);
    for (const name of training) expect(questions(name).filter(isHeldOut)).toEqual([]);
    for (const name of tests) expect(questions(name).filter((text) => !isHeldOut(text))).toEqual([]);
    for (const { text } of rowsOf('student.jsonl').slice(0, 500) as { text: string }[]) {
      expect(isHeldOut(/user\n(.*)<\|im_end\|>/.exec(text)![1]!)).toBe(false);
    }
    const tested = new Set(questions('zero-test.jsonl'));
    expect(questions('zero-validation.jsonl').filter((text) => tested.has(text))).toEqual([]);
  });

  it('has four kinds of general examples on both sides of the split, and four faults of rejected replies', () => {
    const kinds = (name: string) => new Set(rows(name).map(({ kind }) => kind));
    expect(kinds('general.jsonl')).toEqual(new Set(['fact', 'self', 'translation', 'writing']));
    expect(kinds('general-test.jsonl')).toEqual(kinds('general.jsonl'));
    const faults = new Set(rows('pairs.jsonl').map(({ fault }) => fault));
    expect(faults).toEqual(new Set(['cut', 'evasive', 'other', 'repetitive']));
    for (const { chosen, rejected } of rows('pairs.jsonl')) expect(rejected).not.toBe(chosen);
  });

  it('is written once: files that are there as they should be stay untouched', () => {
    const folder = path.join(root, 'data');
    writeData(folder);
    const times = () => DATA_FILES.map((name) => statSync(path.join(folder, name)).mtimeMs);
    const before = times();
    writeData(folder);
    expect(times()).toEqual(before);
    const lines = readFileSync(path.join(folder, 'train.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(1500);
    expect(JSON.parse(lines[0]!)).toEqual({
      prompt:
        'Jonas has 5 beads to begin with. Then Jonas finds 4 beads in a drawer. Jonas then sells everything for 2 dollars ' +
        'each. How many dollars does that bring? Answer with a whole number.',
      answer: '18',
      steps: 1,
    });
  });
});

describe('the folder of the data', () => {
  const cache = path.join(root, 'cache');
  beforeAll(() => {
    process.env.XDG_CACHE_HOME = cache;
  });
  afterAll(restoreCache);

  it('is in the cache of the user, and has all files', () => {
    const folder = dataFolder();
    expect(path.dirname(folder)).toBe(path.join(cache, 'aha'));
    expect(dataFolder()).toBe(folder);
    for (const name of DATA_FILES) expect(existsSync(path.join(folder, name))).toBe(true);
  });

  it('is refused with the remedy where it cannot be written', async () => {
    process.env.XDG_CACHE_HOME = path.join(root, 'file');
    writeFileSync(process.env.XDG_CACHE_HOME, '');
    const recipe = path.join(root, 'refused.ts');
    writeFileSync(recipe, `import { dataFolder } from '${DATA}';\nexport default { name: dataFolder() };\n`);
    const { code, stderr } = await aha('run', recipe, '--dry-run', '--device', 'cpu');
    expect(code).toBe(2);
    expect(stderr).toContain('the data of this recipe cannot be written: ENOTDIR');
    expect(stderr).toContain('set XDG_CACHE_HOME to a folder that can be written');
  });
});

describe('worked solutions', () => {
  const random = () => Random.derive(0, 'test');

  it('lead to the answer, for stories told forwards and backwards', () => {
    const problems = trainingProblems(200, 'test ');
    expect(problems.some(({ prompt }) => prompt.includes('at the start?'))).toBe(true);
    for (const problem of problems) {
      expect(workedSolution(problem, random())).toContain(`<answer> ${problem.answer} </answer>`);
    }
  });

  it('are refused where they lead elsewhere', () => {
    const [problem] = trainingProblems(1);
    expect(() => workedSolution({ ...problem!, answer: '7' }, random())).toThrow(/is wrong: 7/);
  });
});

it('the reward of general prompts pays for answers that have all that is required', () => {
  const prompt = { columns: { must: ['Paris', 'France'] } };
  const score = (answer: string) =>
    reward(completionOf(`<think> so </think> <answer> ${answer} </answer>`, { prompt }));
  expect(score('PARIS is in France.')).toBe(1);
  expect(score('It is Paris.')).toBe(0);
  expect(reward(completionOf('<think> Paris, France', { prompt }))).toBe(0);
});

describe('the recipes', () => {
  beforeAll(async () => {
    process.env.XDG_CACHE_HOME = path.join(root, 'cache');
    process.env.SMOLLM2 = await writeByteCheckpoint(root, {
      config: { model_type: 'llama', max_position_embeddings: 4096 },
    });
  });
  afterAll(() => {
    delete process.env.SMOLLM2;
    restoreCache();
  });

  it.each(['r1-zero', 'r1-zero-lora', 'r1'])('recipes/smollm2/%s.ts can be run', async (name) => {
    const { code, stdout, stderr } = await aha(
      'run',
      `recipes/smollm2/${name}.ts`,
      '--dry-run',
      '--device',
      'cpu',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^total /m);
    expect(existsSync(path.join(import.meta.dirname, '../../recipes/smollm2/data'))).toBe(false);
  });
});
