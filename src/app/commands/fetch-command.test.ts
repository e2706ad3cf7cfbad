import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commitOf, modelRepo, TestHub } from '../../remote/hub/testing.ts';
import { aha } from '../cli/testing.ts';
import { locateCheckpoints } from './served-models.ts';

let home: string;
let hub: TestHub;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'fetch-'));
  const data = {
    'test.jsonl': { content: '{"question": "a", "answer": "1"}\n{"question": "b", "answer": "2"}\n' },
  };
  hub = await TestHub.start([
    modelRepo('org/tiny'),
    { kind: 'dataset', name: 'org/sums', commits: { [commitOf('c')]: data }, refs: { main: commitOf('c') } },
  ]);
  for (const [key, value] of Object.entries({
    HF_HOME: home,
    HF_ENDPOINT: hub.endpoint,
    HF_HUB_OFFLINE: '',
  })) {
    vi.stubEnv(key, value);
  }
});
afterEach(() => {
  hub.close();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const snapshot = () => join(home, 'hub/models--org--tiny/snapshots', commitOf('a'));

describe('aha fetch', () => {
  it('prints the path and says on stderr what it downloads', async () => {
    const { code, stdout, stderr } = await aha('fetch', 'org/tiny');
    expect([code, stdout]).toEqual([0, `${snapshot()}\n`]);
    expect(stderr).toContain(`hf:org/tiny@${commitOf('a')}: 1 MiB to download\n`);
    // A second time there is nothing to tell.
    expect(await aha('fetch', 'hf:org/tiny@main')).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('gives JSON, data and revisions', async () => {
    const model = JSON.parse((await aha('fetch', 'org/tiny', '--revision', commitOf('a'), '--json')).stdout);
    expect(model).toMatchObject({ name: `hf:org/tiny@${commitOf('a')}`, path: snapshot(), bytes: 52 });
    const data = await aha('fetch', '--dataset', 'org/sums/test');
    expect(data.stdout).toBe(`${home}/hub/datasets--org--sums/snapshots/${commitOf('c')}/test.jsonl\n`);
  });

  it('fails with status 2 for a name that leads nowhere, as JSON where that is asked', async () => {
    const missing = await aha('fetch', 'org/tinny', '--json');
    expect(missing.code).toBe(2);
    const { message } = (JSON.parse(missing.stderr) as { error: { message: string } }).error;
    expect(message).toContain('did you mean "org/tiny"?');
    expect((await aha('fetch', 'org/tiny@main', '--revision', 'v1')).code).toBe(2);
  });
});

it('aha data reads a data set by name', async () => {
  const out = join(home, 'kept.jsonl');
  const ran = await aha('data', 'hf:org/sums/test', '--out', out, '--against', 'hf:org/sums/test');
  expect(ran.stderr).toContain('2 share 10 words with test.jsonl');
  expect(readdirSync(join(home, 'hub'))).toContain('datasets--org--sums');
});

it('aha serve and aha chat call a model as the hub does, or as they are told', async () => {
  const output = { write: () => undefined };
  expect(await locateCheckpoints(['hf:org/tiny', 'own=hf:org/tiny@main'], output)).toEqual([
    { id: 'tiny', checkpoint: snapshot() },
    { id: 'own', checkpoint: snapshot() },
  ]);
});
