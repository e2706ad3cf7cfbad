/** What recipes and reward functions have in common; the rest is in src/app/recipes/load.test.ts. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { loadScript } from './load-script.ts';

const base = mkdtempSync(join(tmpdir(), 'script-'));
const put = (name: string, text: string): string => {
  writeFileSync(join(base, name), text);
  return join(base, name);
};
const options = { what: 'reward function', example: 'export default () => 1' };

describe('loadScript', () => {
  it('names every file that has a part in it', async () => {
    const shared = put('shared.ts', 'export const one: number = 1;');
    const file = put('own.ts', `import { one } from './shared.ts'; export default (): number => one;`);
    const { exported, files } = await loadScript(file, options);
    expect((exported as () => number)()).toBe(1);
    expect([...files].sort()).toEqual([file, shared].sort());
  });

  it.each([
    ['a.py', '', 'a.py: not a reward function file'],
    ['b.ts', 'export const x = 1;', 'b.ts: has no default export\n  Write: export default () => 1.'],
    ['c.ts', 'export default (;', 'Mend the reward function.'],
  ])('%s is refused by name', async (name, text, message) => {
    const error = await loadScript(put(name, text), options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(message);
  });
});
