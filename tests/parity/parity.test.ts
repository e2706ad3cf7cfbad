/** The program of `npm run parity`: passes on the values in the repository, and fails on others. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { REFERENCE } from '../reference.ts';
import { parity } from './parity.ts';

it('prints every value beside the expected one, and none misses', () => {
  const lines: string[] = [];
  expect(parity(REFERENCE, (text) => lines.push(text))).toBe(0);
  const text = lines.join('');
  for (const name of [
    'qwen3: logits',
    'llama3: loss',
    '|∇| of model.norm.weight',
    'AdamW: loss of each step',
  ]) {
    expect(text).toContain(`${name} (`);
  }
  expect(text).toMatch(/ok {3}loss: gspo\/seq-mean-token-mean, gradient \(108\): difference \d/);
  expect(text).toMatch(/\n(\d+) of \1 checks passed\n$/);
});

it('ends with status 1 where a value misses, and says which', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-parity-'));
  cpSync(REFERENCE, dir, { recursive: true });
  const file = path.join(dir, 'rl-losses.json');
  const values = JSON.parse(readFileSync(file, 'utf8')) as { advantages: { rloo: number[][] } };
  values.advantages.rloo[0]![0]! += 1e-4;
  writeFileSync(file, JSON.stringify(values));
  const program = path.join(import.meta.dirname, 'parity.ts');
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', program, dir], {
    encoding: 'utf8',
  });
  rmSync(dir, { recursive: true });
  expect(status).toBe(1);
  expect(stdout.match(/^MISS.*$/gmu)).toEqual([
    expect.stringContaining('MISS advantages: rloo (108): difference'),
  ]);
});

it('names a directory without reference values, with status 2', () => {
  const program = path.join(import.meta.dirname, 'parity.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, 'tests/nope'], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^parity: tests\/nope: no reference values .*\n .*tests\/reference.*\n$/);
});
