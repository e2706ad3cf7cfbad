/** The conformance and parity suites on the first CUDA device: what they check on the CPU holds there. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { deviceReport } from '../../src/torch/index.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';

const hasGpu = deviceReport().devices.length > 1;
const gpu = requirement(
  hasGpu ? (LONG ? null : 'npm run test:long runs it') : 'this torch sees no CUDA device',
);
const SUITES = [
  'tests/conformance/architectures',
  'tests/conformance/other-shape',
  'tests/parity/models',
  'src/rl/loss/chunked-head',
  'src/models/layers/nf4-weight',
  'src/models/layers/int8-weight',
];

describe.skipIf(gpu.missing)(`on a GPU${gpu.note}`, () => {
  it('conforms', () => {
    const { status, stdout } = spawnSync('npx', ['vitest', 'run', ...SUITES], {
      env: { ...process.env, AHA_TEST_DEVICE: 'cuda' },
      encoding: 'utf8',
    });
    expect(status, stdout).toBe(0);
  });
});
