/** The benchmarks for a GPU on the CPU, as small as they get: each prints its figures. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gpu } from '../../bench/gpu/gpu.ts';
import { profile } from '../../bench/gpu/profile.ts';
import { trace } from '../../bench/gpu/trace.ts';
import { rollouts } from '../../bench/rollout.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The lines that a benchmark prints. */
async function printed(run: () => void | Promise<void>): Promise<string[]> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await run();
  return log.mock.calls.map(([line]) => String(line));
}

const STEP = ['ms', 'min', 'max', 'tokps', 'mfu', 'peakGiB', 'loss', 'gradNorm', 'rows', 'len', 'stateGiB'];
const ONCE = ['device=cpu', 'warm=0', 'runs=1', 'len=24'];
const SHORT = ['device=cpu', 'batches=2', 'prompt=8', 'new=4'];
const DECODING = ['B', 'P', 'G', 'total_s', 'step_ms', 'step_last', 'tokps', 'decode_tokps', 'peakGiB'];

describe('npm run bench -- gpu', () => {
  it.each([
    { mode: 'sft', words: [...ONCE, 'pack=2'], keys: [...STEP, 'pack'] },
    { mode: 'sft', words: [...ONCE, 'precision=tf32'], keys: STEP },
    { mode: 'rl', words: [...ONCE, 'prompt=8'], keys: STEP },
    {
      mode: 'sample',
      words: [...SHORT, 'vary=1'],
      keys: [...DECODING, 'group', 'vary', 'prefill_ms', 'step_first'],
    },
    {
      mode: 'engine',
      words: [...SHORT, 'layouts=rollout', 'ends=apart', 'graphs=1'],
      keys: [...DECODING, 'layout', 'ends', 'graphs', 'made'],
    },
    { mode: 'qlora', words: ['device=cpu', 'prompt=8', 'new=2'], keys: ['base', 'heldGiB', 'drawnGiB'] },
    { mode: 'digits', words: ['device=cpu'], keys: ['values'] },
    {
      mode: 'grpo',
      words: ['device=cpu', 'prompt=8', 'new=4', 'steps=2'],
      keys: ['seconds', 'seconds/rollout', 'seconds/update', 'tokps', 'distance', 'sizes'],
    },
  ])('$mode', async ({ mode, words, keys }) => {
    const [line] = await printed(() => gpu(mode, 'shape=tiny', 'tag=here', ...words));
    const figures = JSON.parse(line!) as Record<string, unknown>;
    expect(figures).toMatchObject({ who: 'aha', mode, shape: 'tiny', dtype: 'float32', tag: 'here' });
    expect(Object.keys(figures)).toEqual(expect.arrayContaining(keys));
    for (const value of Object.values(figures)) expect(value).not.toBeNull(); // JSON has null for NaN.
  });

  it('ref: the loss of a reference checkpoint', async () => {
    const [line] = await printed(() => gpu('ref', 'device=cpu', 'models=qwen3'));
    const { name, float32_rel, bfloat16_rel } = JSON.parse(line!) as Record<string, number>;
    expect(name).toBe('qwen3');
    expect(float32_rel).toBeLessThan(1e-5);
    expect(bfloat16_rel).toBeLessThan(1e-2);
  });

  it.each([
    [[], 'gpu needs a mode'],
    [['sftt'], 'gpu has no mode "sftt"'],
    [['sft', 'rows'], '"rows" is no setting'],
    [['sft', 'rwos=1'], 'no setting "rwos"'],
    [['sft', 'precision=half'], 'precision=half is unknown'],
    [['sft', 'rows=many'], 'rows=many is wrong'],
    [['sft', 'shape=vast'], 'shape=vast is unknown'],
  ])('%j is refused', async (words, message) => {
    await expect(gpu(...words)).rejects.toThrow(message);
  });
});

it('npm run bench -- rollout', async () => {
  const words = [
    'shapes=tiny',
    'device=cpu',
    'prompts=2',
    'group=2',
    'rows=2',
    'prompt=4',
    'new=6',
    'runs=1',
  ];
  const lines = await printed(() => rollouts(...words));
  expect(lines.at(-1)).toMatch(/^tiny \| \d+ \| \d+ \| \d+ \| \d+\.\d\d$/);
  expect(() => rollouts('rows=3', 'group=2')).toThrow('rows=3 parts a group');
});

it('npm run bench -- trace: kernels, gaps and copies of a step', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-trace-'));
  const [events, windows] = [path.join(dir, 'trace.txt'), path.join(dir, 'windows.txt')];
  // In ns: two kernels that overlap, a gap of 2 µs, a copy, a kernel after the window.
  const lines = [
    'N 0 gemm',
    'N 1 cudaLaunchKernel_v7000',
    'K 1000 3000 0',
    'K 2000 4000 0',
    'C 6000 8000 1 512',
  ];
  writeFileSync(events, `${[...lines, 'A 900 1000 1', 'K 90000 91000 0'].join('\n')}\n`);
  writeFileSync(windows, 'step 0 10000 2\n');
  const said = (await printed(() => trace(events, windows))).join('\n');
  expect(said).toContain('== step: window 0.005 ms/step over 2 steps; GPU busy 50.0 %');
  expect(said).toContain('1.0 kernels/step, mean kernel 2.00 us; 0.5 gaps/step of 2.00 us');
  expect(said).toContain('H2D 0.5 D2H 0.0 D2D 0.0');
  expect(said).toContain('api: cudaLaunchKernel 0.5/step');
  expect(said).toMatch(/100\.0 % .* 1\.0x {2}gemm/);
});

it('npm run bench -- profile: the functions that took most time', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-profile-'));
  const frame = (functionName: string) => ({
    functionName,
    url: 'file:///p/src/torch/operator.ts',
    lineNumber: 6,
  });
  const nodes = [
    { id: 1, callFrame: frame('call') },
    { id: 2, callFrame: frame('') },
  ];
  const profiled = { nodes, samples: [1, 2, 1], timeDeltas: [500_000, 500_000, 1_000_000] };
  writeFileSync(path.join(dir, 'a.cpuprofile'), JSON.stringify(profiled));
  expect(await printed(() => profile(dir))).toEqual([
    'cpu profile 2.0 s',
    '  75.0 %  call torch/operator.ts:7',
    '  25.0 %  (anonymous) torch/operator.ts:7',
  ]);
});
