import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import type { Json, JsonObject } from '../../records.ts';
import { codeReward, codeSchema, code as definition } from './code.ts';
import { scoreAll } from './grading.ts';

const META = {
  language: 'javascript',
  tests: { function: 'double', cases: [1, 2, 3, 4].map((x) => ({ args: [x], result: 2 * x })) },
};
const RIGHT = 'const double = (x) => 2 * x';
const HALF = 'const double = (x) => (x < 3 ? 2 * x : 0)';
const reply = (code: string) => `<think> ok </think> <answer>\n\`\`\`js\n${code}\n\`\`\`\n</answer>`;

function score(text: string, options: object = {}, meta?: { readonly [key: string]: Json }) {
  const prompt = meta === undefined ? { id: 'p/1' } : { id: 'p/1', meta };
  return codeReward(codeSchema.parse({ timeMs: 20_000, ...options })).score(completionOf(text, { prompt }));
}

describe('code', () => {
  it.each([
    ['right', reply(RIGHT), 1, 1],
    ['half right', reply(HALF), 0, 0.5],
    ['wrong', reply('const double = () => null'), 0, 0],
    ['no program at all', 'I cannot.', 0, 0],
    ['a program in the thought only', `<think>${reply(RIGHT)}</think> no`, 0, 0],
    ['does not parse', reply('const double = ('), 0, 0],
  ])('%s', async (_what, text, all, partial) => {
    expect(await score(text, {}, META)).toBe(all);
    expect(await score(text, { score: 'partial' }, META)).toBe(partial);
  });

  it('with stopEarly pays for the cases before the first failure', async () => {
    const late = 'const double = (x) => (x === 2 ? 0 : 2 * x)';
    expect(await score(reply(late), { score: 'partial' }, META)).toBe(0.75);
    expect(await score(reply(late), { score: 'partial', stopEarly: true }, META)).toBe(0.25);
  });

  it('is null where the prompt has no tests', async () => {
    expect(await score(reply(RIGHT))).toBeNull();
    expect(await score(reply(RIGHT), {}, { difficulty: 3 })).toBeNull();
  });

  it('runs the tests of a column, which goes before meta', async () => {
    const columns = { info: { tests: ['if (double(2) !== 4) throw new Error()'] } };
    const settings = codeSchema.parse({
      timeMs: 20_000,
      testsField: 'info.tests',
      language: 'javascript',
    });
    const prompt = { id: 'p/1', columns, meta: { language: 'python', tests: [] } };
    const { score: run } = codeReward(settings);
    expect(await run(completionOf(reply(RIGHT), { prompt }))).toBe(1);
    expect(await run(completionOf(reply('const double = () => 5'), { prompt }))).toBe(0);
    expect(
      await run(completionOf(reply(RIGHT), { prompt: { columns: { info: { tests: null } } } })),
    ).toBeNull();
  });

  it('refuses a row without the column, or with something else in it', () => {
    const settings = codeSchema.parse({ testsField: 'tests' });
    const check = (columns: JsonObject) =>
      definition.checkPrompt!(settings, completionOf('', { prompt: { columns } }).prompt);
    expect(() => check({ tests: ['assert f(1)'] })).not.toThrow();
    expect(() => check({ tests: null })).not.toThrow();
    expect(() => check({ test: [] })).toThrow(
      /column "tests" is missing \(columns present: test\)\n.*testsField/,
    );
    expect(() => check({ tests: 5 })).toThrow(/column "tests": .*\n.*Accepted/s);
  });

  it('names the prompt whose tests cannot be read', async () => {
    const reward = codeReward(codeSchema.parse({}));
    const completion = completionOf(reply(RIGHT), { prompt: { id: 'p/9', meta: { tests: [] } } });
    await expect(scoreAll([{ reward, weight: 1 }], [completion])).rejects.toThrow(/p\/9.*language/su);
  });

  it('refuses limits that are none', () => {
    expect(codeSchema.safeParse({ timeMs: 0 }).success).toBe(false);
    expect(codeSchema.safeParse({ processes: 1000 }).success).toBe(false);
  });
});
