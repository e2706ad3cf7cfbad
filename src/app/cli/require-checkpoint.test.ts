import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findCheckpoint, requireCheckpoint } from './require-checkpoint.ts';

it('takes a path here first, then the checkpoint of the package, and says so', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'aha-package-'));
  const packaged = path.join(root, 'models/own');
  mkdirSync(packaged, { recursive: true });
  writeFileSync(path.join(packaged, 'config.json'), '{}');
  const told: string[] = [];
  const find = (named: string) => findCheckpoint(named, (text) => told.push(text), root);
  expect(find('models')).toBe('models');
  expect(find('models/none')).toBe('models/none');
  expect(find('https://example.org/v1')).toBe('https://example.org/v1');
  expect(told).toEqual([]);
  expect(find('models/own')).toBe(packaged);
  expect(told).toEqual([`models/own is not here: this is the package's, ${packaged}`]);
});

it('tells an adapter from a folder without a checkpoint', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-adapter-'));
  expect(() => requireCheckpoint(dir, 'Name another.')).toThrow(/: no checkpoint .*\n {2}Name another\.$/);
  writeFileSync(path.join(dir, 'adapter_config.json'), '{}');
  expect(() => requireCheckpoint(dir, 'Name another.')).toThrow(
    /: a LoRA adapter, not a checkpoint .*\n {2}Merge it into its base first/,
  );
  writeFileSync(path.join(dir, 'adapter_config.json'), '{"base_model_name_or_path":"org/base"}');
  expect(() => requireCheckpoint(dir, 'Name another.')).toThrow(
    /: a LoRA adapter of org\/base, not a checkpoint .*\n {2}Merge it into that model first/,
  );
});

it('tells the weights of a folder from the folder', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-weights-'));
  const file = path.join(dir, 'model.safetensors');
  writeFileSync(file, '');
  expect(() => requireCheckpoint(file, 'Name another.')).toThrow(
    `${file}: weights alone, not a checkpoint\n  Name its folder, ${dir}.`,
  );
});
