import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StageDefinition } from '../../run/stage.ts';
import { checkData } from './check-data.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-check-data-'));
afterAll(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'a.jsonl'), '');

/** A stage that reads the files of its configuration, each written `reference key`; `seen` has what was gone through. */
function reading(seen: string[]): StageDefinition {
  return {
    kind: 'read',
    schema: z.any(),
    dataFiles: (config) =>
      (config as { files: string[] }).files.map((file) => {
        const [reference, key] = file.split(' ') as [string, string];
        return { reference, key, check: async (path, stage) => void seen.push(`${stage}: ${path} ${key}`) };
      }),
    estimate: async () => ({}),
    run: async () => undefined,
  };
}

describe('checkData', () => {
  it('goes once through each file that is there, of all stages', async () => {
    const seen: string[] = [];
    const { dataFiles: _, ...without } = reading([]);
    const other = { ...without, kind: 'none' };
    const stages = [['a.jsonl x', 'none.jsonl x'], ['@one/a.jsonl x'], ['a.jsonl x', 'a.jsonl y']].map(
      (files, i) => ({
        name: `s${i}`,
        stage: 'read',
        config: { files },
      }),
    );
    await checkData([...stages, { name: 'other', stage: 'none', config: {} }], [reading(seen), other], {
      roots: ['/nowhere', dir],
    });
    expect(seen).toEqual([`s0: ${join(dir, 'a.jsonl')} x`, `s2: ${join(dir, 'a.jsonl')} y`]);
  });
});
