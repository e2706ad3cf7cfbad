/** A recipe under another Node than this one: to the same weights. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../src/run/artifact.ts';
import { NODE_22, otherNode } from '../support/installed.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));

const other = await otherNode(NODE_22);

const root = mkdtempSync(path.join(tmpdir(), 'aha-node-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const optimizer = { peak: 1e-3 };
const recipe = path.join(root, 'recipe.json');
writeFileSync(
  recipe,
  JSON.stringify({
    name: 'other-node',
    device: 'cpu',
    stages: [
      {
        stage: 'pretrain',
        name: 'base',
        model: TINY_CONFIG,
        steps: 3,
        rowLength: 96,
        rowsPerStep: 4,
        optimizer,
      },
      {
        stage: 'rl',
        name: 'zero',
        model: '@base',
        template: 'plain',
        prompts: [{ task: 'chain' }],
        rewards: { format: {}, length: {} },
        steps: 3,
        promptsPerStep: 4,
        groupSize: 4,
        sampling: { maxTokens: 12 },
        optimizer,
      },
    ],
  }),
);

function digests(node: string, name: string): string[] {
  const out = path.join(root, name);
  const args = ['--import', 'tsx', ENTRY, 'run', recipe, '--out', out, '--json'];
  execFileSync(node, args, { env: { ...process.env, AHA_THREADS: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  return ['base', 'zero'].map((stage) => readArtifact(path.join(out, stage)).digest);
}

describe.skipIf(other.missing)(`under another Node${other.note}`, () => {
  it('runs a recipe to the same weights', () => {
    expect(digests(other.node, 'other')).toEqual(digests(process.execPath, 'this'));
  });
});
