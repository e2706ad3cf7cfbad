import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseHubName } from '../../remote/hub/index.ts';
import { findHubNames, type HubInput, readHubRecord, writeHubRecord } from './hub-inputs.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hub-inputs-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('finds models and data by where they stand', () => {
  const config = {
    model: 'hf:a/policy',
    reference: 'hf:a/policy',
    prompts: [
      { task: 'file', path: 'hf:a/policy', decontaminate: ['hf:a/test', { path: 'hf:a/other' }] },
      { task: 'file', path: 'own.jsonl' },
    ],
    rewards: { model: { model: 'hf:a/reward@v1' } },
  };
  expect(findHubNames(config)).toEqual([
    { kind: 'model', name: 'hf:a/policy' },
    { kind: 'dataset', name: 'hf:a/policy' },
    { kind: 'dataset', name: 'hf:a/test' },
    { kind: 'dataset', name: 'hf:a/other' },
    { kind: 'model', name: 'hf:a/reward@v1' },
  ]);
});

it('takes neither texts nor the models of an endpoint for names', () => {
  const endpoint = { baseUrl: 'https://api.example', model: 'hf:deepseek-ai/DeepSeek-R1' };
  expect(findHubNames({ judge: { endpoint }, system: 'hf: a text', from: '@A' })).toEqual([]);
});

it('keeps what other names of the run meant', async () => {
  const input = (name: string, commit: string): HubInput => {
    const plan = { files: [], bytes: 0, missingBytes: 0, missing: [], locate: () => '' };
    return {
      kind: 'model',
      name,
      plan: { ...plan, name: { ...parseHubName(name, 'model'), revision: commit } },
    };
  };
  await writeHubRecord(dir, [input('hf:a/b', '1'), input('hf:a/c', '2')]);
  await writeHubRecord(dir, [input('hf:a/c', '3')]);
  expect(readHubRecord(dir)).toEqual([
    { kind: 'model', name: 'hf:a/b', pinned: 'hf:a/b@1' },
    { kind: 'model', name: 'hf:a/c', pinned: 'hf:a/c@3' },
  ]);
});

it('names the record of a run that is damaged', () => {
  expect(readHubRecord(dir)).toEqual([]);
  writeFileSync(join(dir, 'hub.json'), '{"format": 1');
  expect(() => readHubRecord(dir)).toThrow(/hub.json: damaged/);
});
