import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { UsageError, UserError } from '../../errors.ts';
import type { Scored } from '../../records.ts';
import { scoreAll } from './grading.ts';
import { createRewards, requireRewardFiles, rewardsSchema } from './registry.ts';
import { disposeRewards } from './reward.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-custom-'));
afterAll(() => rmSync(dir, { recursive: true }));
const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return name;
};
const resolve = (reference: string): string => join(dir, reference.replace(dir, ''));

/** Four answers. */
const completions = ['q0', 'q1', 'q2', 'q3'].map((id) =>
  completionOf('<answer> 42 </answer>', { prompt: { id, answer: '42', meta: { tests: ['a'] } } }),
);

interface Told {
  readonly scored: readonly Scored[];
  readonly warnings: readonly string[];
}

async function score(file: string, settings: object = {}, batch = completions): Promise<Told> {
  const shown = new Map<string, string>();
  const warn = (id: string, text: string) => void shown.set(id, shown.get(id) ?? text);
  const config = rewardsSchema.parse({ custom: { file, weight: 2, ...settings } });
  const rewards = createRewards(config, { resolve, warn });
  try {
    return { scored: await scoreAll(rewards, batch), warnings: [...shown.values()] };
  } finally {
    disposeRewards(rewards);
  }
}

describe('the reward `custom`', () => {
  it('is what the default export returns, times its weight', async () => {
    const typed = `import type { Completion } from '@aha-r1/aha';
      export default ({ prompt, text }: Completion): number => (text.includes(prompt.answer!) ? 0.5 : 0);`;
    const { scored, warnings } = await score(put('a.ts', typed));
    expect(scored.map(({ reward }) => reward)).toEqual([1, 1, 1, 1]);
    expect(warnings).toEqual([]);
    const none = await score(put('b.ts', 'export default async () => null;'));
    expect(none.scored.map(({ reward, failures }) => [reward, failures])).toEqual(
      completions.map(() => [null, undefined]),
    );
  });

  it('is called in order, with all that a completion has, and with at most `concurrency` promises open', async () => {
    const script = `let open = 0; let most = 0; let calls = 0;
      export default async ({ prompt, tokens, logprobs }) => {
        const call = calls++;
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open--;
        const typed = tokens instanceof Int32Array && logprobs instanceof Float32Array;
        return typed && prompt.id === 'q' + call ? most : -1;
      };`;
    const { scored } = await score(put('order.ts', script), { concurrency: 2 });
    expect(scored.map(({ parts }) => parts.custom)).toEqual([2, 2, 2, 2]);
  });

  it('warns once of what happens again, and goes on', async () => {
    const { scored, warnings } = await score(
      put(
        'half.ts',
        `export default ({ prompt }) => { if (prompt.id > 'q1') throw new Error(prompt.id); return 0; };`,
      ),
    );
    expect(scored.map(({ reward }) => reward)).toEqual([0, 0, null, null]);
    expect(scored[3]!.failures).toEqual({ custom: expect.stringMatching(/half\.ts:1:\d+: throws: q3$/) });
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ['export default () => { throw new TypeError("bad"); };', /all\.ts:1:30: throws: bad\n {2}Correct/],
    [
      'export default ({ prompt }) => { if (prompt.id === "q0") for (;;); process.exit(1); };',
      /all\.ts: takes more than 0\.5 s\n {2}Make it faster, or raise `timeout`/,
    ],
  ])('%s, on every completion, ends the run by name', async (script, message) => {
    const error = await score(put('all.ts', script), { timeout: 0.5 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(
      'reward "custom": none of 4 completions could be scored; prompt q0:',
    );
    expect((error as Error).message).toMatch(message);
  });

  it('says that its process ended between two batches, and starts it again', async () => {
    const marker = join(dir, 'ended');
    const script = `import { existsSync, writeFileSync } from 'node:fs';
      const first = !existsSync('${marker}');
      export default () => {
        if (first) setTimeout(() => { writeFileSync('${marker}', ''); throw new Error('stray'); }, 20);
        return 1;
      };`;
    const warn = vi.fn<(id: string, text: string) => void>();
    const config = rewardsSchema.parse({ custom: { file: put('stray.ts', script) } });
    const rewards = createRewards(config, { resolve, warn });
    expect((await scoreAll(rewards, completions)).map(({ reward }) => reward)).toEqual([1, 1, 1, 1]);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce(), { timeout: 20_000 });
    expect(warn.mock.calls[0]![1]).toMatch(/between two batches: .*stray\.ts:4:\d+: throws: stray/);
    expect((await scoreAll(rewards, completions)).map(({ reward }) => reward)).toEqual([1, 1, 1, 1]);
    disposeRewards(rewards);
  });

  it.each([
    ['export const reward = () => 1;', 'g.ts', /g\.ts: has no default export/],
    ['export default 1;', 'h.ts', /\/h\.ts: its default export is number, not a function/],
    ['export default () => {', 'i.ts', /i\.ts:1:\d+: /],
    ['export default 1;\nthrow new Error("top");', 'j.ts', /j\.ts:2:7: throws: top while it is loaded/],
    [
      'process.exit(4); export default () => 1;',
      'k.ts',
      /k\.ts: ends its process \(exit code 4\) while it is loaded/,
    ],
    ['for (;;); export default () => 1;', 'l.ts', /l\.ts: takes more than 0\.5 s while it is loaded/],
  ])('%s is told before anything is scored', async (text, name, message) => {
    const config = rewardsSchema.parse({ custom: { file: put(name, text), timeout: 0.5 } });
    const error = await requireRewardFiles(config, resolve).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
  });

  it('counts the scripts it imports as inputs', async () => {
    put('points.ts', 'export const points = 3;');
    put('own.ts', `import { points } from './points.ts'; export default () => points;`);
    const asked: string[] = [];
    await requireRewardFiles(rewardsSchema.parse({ custom: { file: 'own.ts' } }), (reference) => {
      asked.push(reference);
      return resolve(reference);
    });
    expect(asked).toEqual(expect.arrayContaining(['own.ts', join(dir, 'points.ts')]));
  });
});

/** Ways in which scoring one completion fails: the body of the function, and what is told of it. */
const FAILURES: readonly (readonly [kind: string, body: string, message: RegExp])[] = [
  ['a throw', 'throw new Error("no such word");', /kinds\.ts:4:\d+: throws: no such word/],
  ['a rejected promise', 'return Promise.reject("no");', /kinds\.ts: throws: no$/],
  ['NaN', 'return 0 / 0;', /returns NaN/],
  ['infinity', 'return Promise.resolve(1 / 0);', /returns Infinity/],
  ['nothing', 'return;', /returns undefined/],
  ['a text', 'return "1";', /returns string/],
  ['a change of the prompt', 'prompt.meta.tests.push("b"); return 2;', /throws: .*not extensible/],
  ['a change of the completion', 'completion.text = ""; return 2;', /throws: .*read only property 'text'/],
  ['a promise that never settles', 'return new Promise(() => {});', /takes more than 0\.5 s/],
  ['an endless loop', 'for (;;);', /takes more than 0\.5 s/],
  ['an endless loop behind a promise', 'return Promise.resolve().then(() => { for (;;); });', /takes more/],
  ['a program that does not end', 'execSync("sleep 600");', /takes more than 0\.5 s/],
  ['process.exit', 'process.exit(3);', /ends its process \(exit code 3\)/],
  ['process.exit behind a promise', 'return tick().then(() => process.exit(0));', /\(exit code 0\)/],
  ['a crash', 'process.kill(process.pid, "SIGSEGV");', /ends its process \(signal SIGSEGV\)/],
  [
    'a change of what the process writes with',
    'JSON.stringify = () => "7"; return 1;',
    /ends its process|takes more/,
  ],
  [
    'an error outside of the call',
    'setImmediate(() => { throw new Error("late"); }); return new Promise(() => {});',
    /throws: late/,
  ],
];

describe('a script that fails on some of many completions', () => {
  const script = [
    `import { execSync } from 'node:child_process'; import { setImmediate as tick } from 'node:timers/promises';`,
    'export default (completion) => { const { prompt } = completion; switch (prompt.id) {',
    '',
    ...FAILURES.map(([kind, body]) => `case '${kind}': { ${body} }`),
    '} return prompt.text.length; };',
  ].join('\n');
  const batch = FAILURES.flatMap(([kind], i) => [
    completionOf('x', { prompt: { id: kind, meta: { tests: ['a'] } } }),
    completionOf('x', { prompt: { id: 'good', text: '.'.repeat(i) } }),
  ]);
  let told: Told;
  beforeAll(async () => {
    told = await score(put('kinds.ts', script), { timeout: 0.5 }, batch);
  }, 300_000);

  it.each(FAILURES.map(([kind, , message], i) => [kind, message, i] as const))(
    '%s leaves its completion unscored, with a reason',
    (_, message, i) => {
      const { reward, parts, failures } = told.scored[2 * i]!;
      expect([reward, parts.custom]).toEqual([null, null]);
      expect(failures?.custom).toMatch(message);
    },
  );

  it('scores the others, in their places', () => {
    const others = told.scored.filter((_, i) => i % 2 === 1);
    expect(others.map(({ reward }) => reward)).toEqual(FAILURES.map((_, i) => 2 * i));
    expect(others.some(({ failures }) => failures !== undefined)).toBe(false);
  });

  it('warns of each reason once, with the first prompt it happened to', () => {
    const late = told.warnings.filter((text) => text.includes('takes more than 0.5 s'));
    expect(late).toHaveLength(1);
    expect(told.warnings).toContainEqual(
      expect.stringMatching(
        /^reward "custom", prompt NaN: \S+\/kinds\.ts: returns NaN; such completions are not scored\. /,
      ),
    );
  });

  it('leaves the records of the run as they were', () => {
    expect(batch[0]!.prompt.meta).toEqual({ tests: ['a'] });
    expect(batch.every(({ text }) => text === 'x')).toBe(true);
  });
});
