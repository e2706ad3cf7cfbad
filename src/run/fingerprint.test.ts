import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { openArtifact, sealArtifact } from './artifact.ts';
import { modelFingerprint } from './fingerprint.ts';

let dir: string;
beforeEach(() => {
  const made = mkdtempSync(join(tmpdir(), 'aha-fingerprint-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  dir = made;
  writeFileSync(join(dir, 'config.json'), '{}');
  writeFileSync(join(dir, 'model.safetensors'), 'abc');
});

it('changes with configuration, weights and their size, and with nothing else', () => {
  const before = modelFingerprint(dir);
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  writeFileSync(join(dir, 'README.md'), 'x');
  writeFileSync(join(dir, 'model.safetensors'), 'abc');
  expect(modelFingerprint(dir)).toBe(before);
  writeFileSync(join(dir, 'model.safetensors'), 'abd');
  const altered = modelFingerprint(dir);
  writeFileSync(join(dir, 'model.safetensors'), 'abdabd');
  const longer = modelFingerprint(dir);
  writeFileSync(join(dir, 'config.json'), '{"a":1}');
  expect(new Set([before, altered, longer, modelFingerprint(dir)]).size).toBe(4);
});

it('is the digest of an artifact', async () => {
  await sealArtifact(dir, { kind: 'sft', stage: 's', configHash: 'h', inputs: {} });
  expect(modelFingerprint(dir)).toBe((await openArtifact(dir)).digest.slice(0, 16));
});
