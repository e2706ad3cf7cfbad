/** The library's public doors: what programs import from `@aha-r1/aha/…` keeps its name. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = path.resolve(import.meta.dirname, '../..');
const doors = Object.entries(manifest.exports).flatMap(([door, target]) =>
  typeof target === 'string' ? [] : [{ door, target }],
);

describe('exports of package.json', () => {
  it('name these doors and no others', () => {
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './evaluation',
      './models',
      './remote',
      './sandbox',
      './serve',
      './serve/constraint',
      './tasks',
      './tensor',
      './text',
      './verify',
      './package.json',
    ]);
  });

  it.each(doors)('$door leads to a file and its types', ({ target }) => {
    const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
    expect(existsSync(path.join(root, source))).toBe(true);
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
  });
});

/** Names that programs outside of this package use. A door may export more; it may not lose one of these. */
const NAMES = {
  '.': [
    'Random',
    'UserError',
    'UsageError',
    'defineRecipe',
    'presets',
    'verifyMath',
    'verifyFast',
    'verifyChoice',
    'closeEngines',
    'findFamily',
    'FAMILIES',
  ],
  './remote': ['createEndpoint'],
  './sandbox': ['runTests'],
  './text': ['Tokenizer', 'readResponse', 'renderChat', 'ThinkingParser'],
  './verify': ['verifyMath', 'verifyFast', 'verifyChoice', 'closeEngines'],
} as const;

describe('what a door exports', () => {
  it.each(Object.entries(NAMES))('%s keeps its names', async (door, names) => {
    const { target } = doors.find((one) => one.door === door)!;
    const file = path.join(root, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
    const exported = Object.keys((await import(file)) as object);
    expect(exported).toEqual(expect.arrayContaining([...names]));
  });
});
