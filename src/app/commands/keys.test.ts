import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findKey, readKeysFile, toEntry } from '../../serving/access/index.ts';
import { aha } from '../cli/testing.ts';

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys.json');
});

function keys(...args: string[]) {
  return aha('keys', ...args, '--file', file);
}

describe('aha keys', () => {
  it('prints a new key alone and once, and keeps its hash', async () => {
    const { code, stdout } = await keys('add', 'team', '--requests-per-minute', '60');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sk-aha-[\w-]{43}\n$/);
    const key = stdout.trim();
    expect(readFileSync(file, 'utf8')).not.toContain(key.slice(7));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const entries = readKeysFile(file).keys.map(toEntry);
    expect(findKey(entries, key)).toMatchObject({
      name: 'team',
      expires: null,
      limits: { requestsPerMinute: 60, tokensPerMinute: null, concurrent: null },
    });
  });

  it('lists names and limits without hashes', async () => {
    await keys('add', 'team', '--tokens-per-minute', '1000', '--concurrent', '2');
    await keys('add', 'long-name', '--expires', '2999-12-31');
    const { stdout } = await keys('list');
    expect(stdout.split('\n')).toEqual([
      'name       requests/min  tokens/min  concurrent  created     expires',
      expect.stringMatching(/^team {7}– {13}1000 {8}2 {11}\d{4}-\d\d-\d\d {2}–$/),
      expect.stringMatching(/^long-name {2}– .* 2999-12-31 00:00$/),
      '',
    ]);
    const listed = (await keys('list', '--json')).stdout;
    expect(JSON.parse(listed)).toMatchObject([{ name: 'team', limits: { concurrent: 2 } }, {}]);
    expect(listed).not.toMatch(/[0-9a-f]{64}/);
  });

  it('removes a key, and the last one', async () => {
    await keys('add', 'team');
    expect(await keys('remove', 'team')).toMatchObject({ code: 0, stdout: `removed team from ${file}\n` });
    expect((await keys('list')).stdout).toBe(`${file} holds no key.\n`);
  });

  it('prints JSON for programs', async () => {
    const { stdout, stderr } = await keys('add', 'team', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'team', file, key: expect.stringMatching(/^sk-aha-/) });
    expect(stderr).toBe('');
  });

  it.each([
    [['add', 'a b'], 'key name “a b”'],
    [['add', 'environment'], 'taken by the server'],
    [['add', 'team', '--concurrent', '0'], 'Expected a whole number from 1.'],
    [['add', 'team', '--expires', 'soon'], 'Expected a date'],
    [['add', 'team', '--expires', '2020-01-01'], 'that is past'],
    [['list'], 'no such keys file'],
    [['remove', 'team'], 'no such keys file'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await keys(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('takes no name twice and removes none that is not there', async () => {
    await keys('add', 'team');
    const before = readFileSync(file, 'utf8');
    expect(await keys('add', 'team')).toMatchObject({ code: 2, stdout: '' });
    expect(await keys('remove', 'other')).toMatchObject({ code: 2, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
