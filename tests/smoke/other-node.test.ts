/** A recipe under another Node than this one: to the same weights. `AHA_TEST_NODE` names it, or Node 22 of nvm. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../src/run/artifact.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));

/** Programs that may be there, the one asked for first. */
function candidates(): string[] {
  const versions = path.join(process.env.NVM_DIR ?? path.join(homedir(), '.nvm'), 'versions/node');
  let installed: string[] = [];
  try {
    installed = readdirSync(versions).filter((name) => name.startsWith('v22.'));
  } catch {
    // No nvm here.
  }
  const asked = process.env.AHA_TEST_NODE;
  return [
    ...(asked === undefined ? [] : [asked]),
    ...installed.map((name) => path.join(versions, name, 'bin/node')),
  ];
}

const other = candidates().find((node) => spawnSync(node, ['--version']).status === 0);
const present = requirement(
  other === undefined
    ? 'no other Node found; AHA_TEST_NODE names one'
    : LONG
      ? null
      : 'npm run test:long runs it',
);

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

describe.skipIf(present.missing)(`under another Node${present.note}`, () => {
  it('runs a recipe to the same weights', () => {
    expect(digests(other!, 'other')).toEqual(digests(process.execPath, 'this'));
  });
});
