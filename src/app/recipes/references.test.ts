import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findInputs, findReferences, resolveReference } from './references.ts';

describe('findReferences', () => {
  it('finds them at any depth and nothing that only looks alike', () => {
    const value = {
      model: '@Zero',
      data: [{ path: '@Reject-1/data.jsonl' }, 3, null],
      say: '@ noon',
      mail: 'a@b',
      x: '@',
    };
    expect(findReferences(value)).toEqual([
      { path: ['model'], name: 'Zero' },
      { path: ['data', 0, 'path'], name: 'Reject-1' },
    ]);
  });
});

describe('resolveReference', () => {
  const base = mkdtempSync(join(tmpdir(), 'places-'));
  const places = {
    roots: [join(base, 'recipe'), join(base, 'package')],
    stageDir: (name: string) => join(base, 'run', name),
  };
  for (const dir of ['recipe/models', 'package/models/tiny']) mkdirSync(join(base, dir), { recursive: true });
  for (const dir of ['recipe', 'package']) writeFileSync(join(base, dir, 'data.jsonl'), '');

  it.each([
    ['@Zero', 'run/Zero'],
    ['@Zero/samples.jsonl', 'run/Zero/samples.jsonl'],
    ['data.jsonl', 'recipe/data.jsonl'],
    ['models/tiny', 'package/models/tiny'],
    ['./data.jsonl', 'recipe/data.jsonl'],
    ['../package/data.jsonl', 'package/data.jsonl'],
  ])('%s', (reference, expected) => expect(resolveReference(reference, places)).toBe(join(base, expected)));

  it('are found in the strings of a configuration that lead somewhere', () => {
    const config = {
      name: 'data.jsonl',
      label: 'data.jsonl',
      model: 'models/tiny',
      data: [{ path: 'data.jsonl', about: 'none', weight: 3 }, null, '@Zero', ''],
    };
    const found = ['package/models/tiny', 'recipe/data.jsonl'].map((path) => join(base, path));
    expect(findInputs(config, places).map(({ path }) => path)).toEqual(found);
  });

  it('takes absolute paths as they are', () => {
    expect(resolveReference(join(base, 'recipe'), places)).toBe(join(base, 'recipe'));
  });

  it('says where it looked', () => {
    const look = () => resolveReference('models/none', places);
    expect(look).toThrow(join(base, 'recipe/models/none'));
    expect(look).toThrow(join(base, 'package/models/none'));
  });
});
