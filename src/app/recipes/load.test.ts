import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { findRecipe, loadRecipe, packagedRecipes } from './load.ts';

const base = mkdtempSync(join(tmpdir(), 'load-'));
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), text);
  return join(base, path);
};
const load = (path: string, text: string) => loadRecipe(put(path, text), join(base, 'package'));

beforeAll(() => {
  put(
    'package/package.json',
    '{"name": "@aha-r1/aha", "exports": {".": "./index.js", "./x": "./x.js"}, "type": "module"}',
  );
  put('package/index.js', 'export const defineRecipe = (recipe) => ({ ...recipe, defined: true });');
  put('package/x.js', 'export const x = 7;');
  put('common/package.json', '{"type": "commonjs"}');
  put('node_modules/other/package.json', '{"name": "other", "main": "main.cjs"}');
  put('node_modules/other/main.cjs', 'module.exports = { y: 8 };');
  put(
    'recipes/shared.ts',
    'export const steps: number = 3; export const here: string = import.meta.dirname;',
  );
});

const typed = `
  import { defineRecipe } from '@aha-r1/aha';
  import { x } from '@aha-r1/aha/x';
  import other from 'other';
  import { readFileSync } from 'node:fs';
  import { sep } from 'path';
  import type { Nothing } from './nowhere.ts';
  const name: string = 'typed' satisfies string;
  export default defineRecipe({ name, x, y: other.y, ok: typeof readFileSync, sep, file: import.meta.filename });
`;

describe('loadRecipe', () => {
  it.each(['recipes/a.ts', 'common/b.ts', 'deep/er/c.mts'])(
    '%s: `@aha-r1/aha` is the package given',
    async (path) => {
      const file = join(base, path);
      const expected = { name: 'typed', x: 7, y: 8, ok: 'function', sep: '/', file, defined: true };
      expect(await load(path, typed)).toEqual(expected);
    },
  );

  it('follows relative imports, with and without the ending', async () => {
    const text = `import { steps } from './shared.ts'; import { steps as again } from './shared'; export default [steps, again];`;
    expect(await load('recipes/d.js', text)).toEqual([3, 3]);
  });

  it.each([
    ['aha', '@aha-r1/aha'],
    ['aha/x', '@aha-r1/aha/x'],
  ])("says what '%s' is called now", async (former, now) => {
    // npm has another package of the former name, which may even be there.
    put('node_modules/aha/package.json', '{"name": "aha", "main": "index.js"}');
    put('node_modules/aha/index.js', '');
    const text = `// a recipe\nimport { x } from '${former}';\nexport default x;`;
    const failed = load('recipes/former.ts', text);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/recipes\/former\.ts:2:\d+: the package 'aha' is now called/);
    await expect(failed).rejects.toThrow(`write from '${now}' in place of from '${former}'`);
  });

  it('reads JSON', async () => {
    expect(await load('recipes/e.json', '{"name": "j"}')).toEqual({ name: 'j' });
  });

  it.each([
    ['f.ts', 'export default {;', /f\.ts:1:17: /],
    [
      'g.ts',
      `import x from './missing.ts'; export default x;`,
      /g\.ts:1:15: Could not resolve "\.\/missing\.ts"/,
    ],
    ['h.ts', `import x from 'no-such-package'; export default x;`, /Could not resolve "no-such-package"/],
    ['i.ts', 'export default (null as any).steps;', /i\.ts:1:\d+: TypeError/],
    ['j.ts', 'export const recipe = 1;', /j\.ts: has no default export/],
    ['k.json', '{"name": }', /k\.json: /],
    ['l.yaml', 'name: x', /l\.yaml: not a recipe file/],
  ])('%s is refused by name', async (path, text, message) => {
    const error = await load(path, text).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
  });

  it('refuses a file that is not there', async () => {
    await expect(loadRecipe(join(base, 'none.ts'))).rejects.toThrow('none.ts: cannot be read');
  });
});

describe('findRecipe', () => {
  it('finds the recipes of the package from any folder, a file of that name here first', () => {
    const packaged = join(base, 'package');
    const own = put('package/recipes/own.json', '{}');
    expect(findRecipe('recipes/own.json', packaged)).toBe(own);
    expect(findRecipe('package.json', packaged)).toBe('package.json');
    expect(findRecipe('recipes/none.json', packaged)).toBe('recipes/none.json');
    expect(findRecipe(own, packaged)).toBe(own);
  });

  it('finds the recipes of the package by name, and that of a folder here', () => {
    const packaged = join(base, 'package');
    const tiny = put('package/recipes/tiny.ts', '');
    const task = put('package/recipes/some-task/recipe.ts', '');
    put('package/recipes/notes/reward.ts', '');
    expect(findRecipe('tiny', packaged)).toBe(tiny);
    expect(findRecipe('recipes/tiny', packaged)).toBe(tiny);
    expect(findRecipe('some-task', packaged)).toBe(task);
    expect(packagedRecipes(packaged)).toEqual(['some-task', 'tiny']);
    const here = put('here/recipe.ts', '');
    expect(findRecipe(join(base, 'here'), packaged)).toBe(here);
    expect(findRecipe('notes', packaged)).toBe('notes');
  });

  it('a name that is none is answered with those there are', async () => {
    const packaged = join(base, 'package');
    put('package/recipes/tiny.ts', '');
    await expect(loadRecipe('tini', packaged)).rejects.toThrow(
      /^tini: no such recipe\n {2}Did you mean tiny\? Name a file, a folder .* or a recipe of the package: .*tiny\.$/,
    );
  });
});
