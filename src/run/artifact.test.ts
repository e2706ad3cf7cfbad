import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { isComplete, MANIFEST, openArtifact, sealArtifact } from './artifact.ts';

const made = { kind: 'rl', stage: 'zero', configHash: 'c0ffee', inputs: { '@base': 'f00d' } };
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'artifact-'));
  await mkdir(join(dir, 'shards'));
  await writeFile(join(dir, 'config.json'), '{}');
  await writeFile(join(dir, 'shards/weights'), 'abc');
});

describe('sealArtifact', () => {
  it('lists every file with size and SHA-256', async () => {
    await sealArtifact(dir, made);
    const manifest = JSON.parse(await readFile(join(dir, MANIFEST), 'utf8'));
    expect(manifest).toMatchObject({ format: 1, ...made });
    expect(manifest.files['shards/weights']).toEqual({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    expect(Object.keys(manifest.files)).toEqual(['config.json', 'shards/weights']);
  });

  it('leaves out resume state and unfinished files', async () => {
    await mkdir(join(dir, 'state'));
    await writeFile(join(dir, 'state/optimizer'), 'm and v');
    await writeFile(join(dir, '.weights.0123.tmp'), 'half');
    const { manifest } = await sealArtifact(dir, made);
    expect(Object.keys(manifest.files)).toEqual(['config.json', 'shards/weights']);
  });

  it('has the same digest for the same files, whatever made them', async () => {
    const first = await sealArtifact(dir, made);
    const second = await sealArtifact(dir, { ...made, stage: 'other' });
    expect(second.digest).toBe(first.digest);
    await writeFile(join(dir, 'config.json'), '[]');
    expect((await sealArtifact(dir, made)).digest).not.toBe(first.digest);
  });
});

describe('openArtifact', () => {
  it('opens what was sealed', async () => {
    const sealed = await sealArtifact(dir, made);
    await writeFile(join(dir, 'notes.txt'), 'added later');
    expect(await openArtifact(dir)).toEqual(sealed);
    expect(isComplete(dir)).toBe(true);
  });

  it.each([
    ['is missing', () => rm(join(dir, 'shards/weights'))],
    ['is 2 bytes long, but was 3', () => truncate(join(dir, 'shards/weights'), 2)],
    ['was altered', () => writeFile(join(dir, 'shards/weights'), 'abd')],
  ])('refuses a file that %s, by name', async (what, damage) => {
    await sealArtifact(dir, made);
    await damage();
    const error = await openArtifact(dir).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(`${join(dir, 'shards/weights')} ${what}`);
  });

  it('refuses a directory without a manifest, and a damaged manifest', async () => {
    expect(isComplete(dir)).toBe(false);
    await expect(openArtifact(dir)).rejects.toThrow(/not a complete artifact/);
    await sealArtifact(dir, made);
    await truncate(join(dir, MANIFEST), 40);
    await expect(openArtifact(dir)).rejects.toThrow(/not a manifest/);
    await writeFile(join(dir, MANIFEST), '{"format": 2}');
    await expect(openArtifact(dir)).rejects.toThrow(/not a manifest/);
  });
});
