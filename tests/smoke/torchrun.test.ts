/** Ranks that torchrun starts: AHA_TEST_PYTHON names a Python with torch, else python3 is asked. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';

const python = process.env.AHA_TEST_PYTHON ?? 'python3';
const hasTorch = () => spawnSync(python, ['-c', 'import torch.distributed.run']).status === 0;
const torchrun = requirement(
  !LONG
    ? 'npm run test:long runs it'
    : hasTorch()
      ? null
      : `${python} has no torch; AHA_TEST_PYTHON names another Python`,
);

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const index = JSON.stringify(new URL('../../src/torch/index.ts', import.meta.url).href);
const SCRIPT = `
  import { full, ProcessGroup } from ${index};
  const group = ProcessGroup.fromEnvironment(process.env, { timeoutMs: 60_000 });
  const sum = full([2], group.rank + 1);
  group.allReduce(sum);
  process.stdout.write('rank ' + group.rank + ' of ' + group.size + ': ' + sum.toArray() + '\\n');
  group.dispose();`;

describe.skipIf(torchrun.missing)(`torchrun${torchrun.note}`, { timeout: 120_000 }, () => {
  it('starts ranks that compute together', () => {
    const launcher = ['-m', 'torch.distributed.run', '--no-python', '--standalone', '--nproc-per-node', '2'];
    const rank = [process.execPath, '--import', tsx, '--input-type=module', '--eval', SCRIPT];
    const { status, stdout, stderr } = spawnSync(python, [...launcher, ...rank], {
      encoding: 'utf8',
      env: { ...process.env, AHA_THREADS: '1', TORCH_DISABLE_SHARE_RDZV_TCP_STORE: '1' },
    });
    expect(stdout.trim().split('\n').sort(), stderr).toEqual(['rank 0 of 2: 3,3', 'rank 1 of 2: 3,3']);
    expect(status).toBe(0);
  });
});
