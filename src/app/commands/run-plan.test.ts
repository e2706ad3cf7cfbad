import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { main } from '../cli/main.ts';
import { planOptions } from './run-plan.ts';

describe('planOptions', () => {
  it('is a cluster of H200 with 8 GPUs a node unless said', async () => {
    expect(await planOptions({ dryRun: true })).toBeNull();
    expect(await planOptions({ dryRun: true, nodes: 4 })).toMatchObject({
      cluster: { nodes: 4, gpus: 8, card: { name: 'H200', networkGbps: 400 } },
    });
    const asked = { dryRun: true, gpus: 2, gpuType: 'L40S', network: 25, gpuPrice: 1.5 };
    expect(await planOptions(asked)).toMatchObject({
      cluster: { nodes: 1, gpus: 2, card: { name: 'L40S', networkGbps: 25 } },
      price: 1.5,
    });
  });

  it.each([
    [{ nodes: 2 }, '--nodes is of a plan', 'Add --dry-run.'],
    [{ dryRun: true, gpuPrice: 2 }, '--gpu-price is of a plan', 'Add --nodes and --gpus.'],
    [{ dryRun: true, nodes: 2, gpuType: 'h2000' }, '--gpu-type: no card "h2000"', 'did you mean "h200"?'],
    [{ dryRun: true, nodes: 2, gpuType: 'constructor' }, 'no card "constructor"', 'Known are h200,'],
  ])('%j is refused with a remedy', async (options, what, remedy) => {
    const error = await planOptions(options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect(String((error as UsageError).message)).toContain(what);
    expect(String((error as UsageError).message)).toContain(remedy);
  });

  it.each([
    ['--nodes', '0'],
    ['--nodes', '2.5'],
    ['--gpus', 'many'],
    ['--network', '0'],
    ['--gpu-price', '-1'],
  ])('%s %s ends with exit status 2', async (option, value) => {
    let err = '';
    const io = { stdout: { write: () => 0 }, stderr: { write: (text: string) => (err += text) } };
    expect(await main(['run', 'recipes/deepseek-r1.ts', '--dry-run', option, value], io)).toBe(2);
    expect(err).toContain(option);
  });
});
