import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { UsageError } from '../../errors.ts';
import { loadRewardFunction } from './custom.ts';
import { createRewards, requireRewardFiles, rewardsSchema } from './registry.ts';
import { scoreAll } from './reward.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-custom-'));
const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return name;
};
const resolve = (reference: string): string => join(dir, reference.replace(dir, ''));

async function score(text: string, name: string): Promise<number | null> {
  const config = rewardsSchema.parse({ custom: { file: put(name, text), weight: 2 } });
  const completion = completionOf('<answer> 42 </answer>', { prompt: { id: 'q7', answer: '42' } });
  const [scored] = await scoreAll(createRewards(config, { resolve }), [completion]);
  return scored!.reward;
}

describe('the reward `custom`', () => {
  it('is what the default export returns, times its weight', async () => {
    const typed = `import type { Completion } from 'aha';
      export default ({ prompt, text }: Completion): number => (text.includes(prompt.answer!) ? 0.5 : 0);`;
    expect(await score(typed, 'a.ts')).toBe(1);
    expect(await score('export default async () => null;', 'b.ts')).toBeNull();
  });

  it.each([
    [
      'export default () => { throw new Error("no such word"); };',
      'c.ts',
      'prompt q7: c.ts throws: no such word',
    ],
    ['export default () => 0 / 0;', 'd.ts', 'prompt q7: d.ts returns NaN'],
    ['export default async () => undefined;', 'e.ts', 'prompt q7: e.ts returns undefined'],
    ['export default () => "1";', 'f.ts', 'prompt q7: f.ts returns string'],
  ])('%s is an error that names script and prompt', async (text, name, message) => {
    await expect(score(text, name)).rejects.toThrow(message);
  });

  it.each([
    ['export const reward = () => 1;', 'g.ts', /g\.ts: has no default export/],
    ['export default 1;', 'h.ts', /h\.ts: its default export is number/],
    ['export default () => {', 'i.ts', /i\.ts:1:\d+: /],
  ])('%s is told before anything is scored', async (text, name, message) => {
    const config = rewardsSchema.parse({ custom: { file: put(name, text) } });
    const error = await requireRewardFiles(config, resolve).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
  });

  it('counts the scripts it imports as inputs', async () => {
    put('points.ts', 'export const points = 3;');
    put('own.ts', `import { points } from './points.ts'; export default () => points;`);
    const asked: string[] = [];
    await loadRewardFunction('own.ts', (reference) => {
      asked.push(reference);
      return resolve(reference);
    });
    expect(asked).toEqual(expect.arrayContaining(['own.ts', join(dir, 'points.ts')]));
  });
});
