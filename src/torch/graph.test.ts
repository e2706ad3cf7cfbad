import { describe, expect, it, vi } from 'vitest';
import { ones } from './functional.ts';
import { CudaGraph } from './graph.ts';
import { native } from './native.ts';
import { scope } from './scope.ts';

const cuda = native.cudaDevices().length > 0;

/** What can be seen depends on the machine. */
const [title, check] = cuda
  ? (['replays what it recorded on what is now in its inputs', replays] as const)
  : (['says that it needs a CUDA device', refuses] as const);

function replays(): void {
  scope(() => {
    const x = ones([4], { device: 'cuda:0' });
    const y = ones([4], { device: 'cuda:0' });
    const step = (): void => scope(() => void y.copy_(x.mul(2).add(1)));
    step();
    const graph = new CudaGraph('cuda:0', step);
    x.fill_(10);
    graph.replay();
    expect(y.toArray()).toEqual([21, 21, 21, 21]);
    graph.dispose();
  });
}

function refuses(): void {
  const recorded = vi.fn<() => void>();
  expect(() => new CudaGraph('cuda:0', recorded)).toThrow(/CUDA/i);
  expect(recorded).not.toHaveBeenCalled();
}

describe('CudaGraph', () => {
  it(title, check);
});
