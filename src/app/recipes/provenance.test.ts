import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { STARTED, sealArtifact } from '../../run/artifact.ts';
import { hashJson, inputFingerprint, readProvenance, writeStarted } from './provenance.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'provenance-'));
});

describe('hashJson', () => {
  it('does not depend on the order of keys, but on that of elements', () => {
    expect(hashJson({ a: 1, b: { c: 2, d: 3 } })).toBe(hashJson({ b: { d: 3, c: 2 }, a: 1 }));
    expect(hashJson([1, 2])).not.toBe(hashJson([2, 1]));
    expect(hashJson({ a: undefined })).toBe(hashJson({}));
  });
});

describe('fingerprint', () => {
  it('changes with a file’s size and time, and with the files of a directory', () => {
    const file = join(dir, 'data');
    writeFileSync(file, 'abc');
    utimesSync(file, 1, 1);
    const [ofFile, ofDir] = [inputFingerprint(file), inputFingerprint(dir)];
    expect(inputFingerprint(file)).toBe(ofFile);
    utimesSync(file, 2, 2);
    expect(inputFingerprint(file)).not.toBe(ofFile);
    utimesSync(file, 1, 1);
    mkdirSync(join(dir, 'more'));
    expect(inputFingerprint(dir)).toBe(ofDir);
    writeFileSync(join(dir, 'more/data'), '');
    expect(inputFingerprint(dir)).not.toBe(ofDir);
    expect(inputFingerprint(join(dir, 'none'))).toBe('missing');
  });

  it('of an artifact is its digest, whatever the time', async () => {
    writeFileSync(join(dir, 'data'), 'abc');
    const { digest } = await sealArtifact(dir, { kind: 'k', stage: 's', configHash: 'c', inputs: {} });
    utimesSync(join(dir, 'data'), 1, 1);
    expect(inputFingerprint(dir)).toBe(digest);
  });
});

describe('fingerprint of an artifact whose files changed', () => {
  it('is another one, whatever its manifest says, and the same again once they are restored', async () => {
    const data = join(dir, 'data');
    writeFileSync(data, 'abc');
    const made = { kind: 'k', stage: 's', configHash: 'c', inputs: {} };
    const { digest } = await sealArtifact(dir, made);
    for (const content of ['abd', 'abcd', '']) {
      writeFileSync(data, content);
      utimesSync(data, 1, 1);
      expect(inputFingerprint(dir)).not.toBe(digest);
    }
    rmSync(data);
    expect(inputFingerprint(dir)).not.toBe(digest);
    writeFileSync(data, 'abc');
    expect(inputFingerprint(dir)).toBe(digest);
    writeFileSync(data, 'abd');
    const changed = inputFingerprint(dir);
    expect((await sealArtifact(dir, made)).digest).toBe(changed);
  });
});

describe('readProvenance', () => {
  it('reads what a stage was started from, then what it was made from', async () => {
    expect(readProvenance(dir)).toBeNull();
    writeStarted(dir, { configHash: 'c', inputs: { x: '1' } });
    expect(readProvenance(dir)).toEqual({ configHash: 'c', inputs: { x: '1' } });
    await sealArtifact(dir, { kind: 'k', stage: 's', configHash: 'd', inputs: {} });
    expect(readProvenance(dir)).toMatchObject({ configHash: 'd', inputs: {} });
  });

  it('does not trust a torn file', () => {
    writeFileSync(join(dir, STARTED), '{"configHash": "c", "inp');
    expect(readProvenance(dir)).toBeNull();
  });
});
