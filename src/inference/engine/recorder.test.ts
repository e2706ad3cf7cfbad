import { describe, expect, it } from 'vitest';
import { resolveDevice, scope, zeros } from '../../torch/index.ts';
import { Recorder } from './recorder.ts';

const device = resolveDevice('auto');

describe('Recorder', () => {
  it('runs a function each time, recorded or not', () => {
    scope(() => {
      const recorder = new Recorder(device);
      const sum = zeros([2], { device });
      const add = (): void => void sum.add_(1);
      for (let i = 0; i < 4; i++) recorder.run('add', add);
      expect(sum.toArray()).toEqual([4, 4]);
      expect(recorder.size).toBe(device === 'cpu' ? 0 : 1);
      recorder.clear();
      recorder.run('add', add);
      expect(sum.toArray()).toEqual([5, 5]);
      recorder.clear();
    });
  });

  it('goes on without graphs where a function cannot be recorded', () => {
    scope(() => {
      const recorder = new Recorder(device);
      const sum = zeros([2], { device });
      // Reading on the host is what a graph cannot do.
      const read = (): void => void sum.fill_(sum.max().item() + 1);
      for (let i = 0; i < 3; i++) recorder.run('read', read);
      expect(sum.toArray()).toEqual([3, 3]);
      expect(recorder.failure === null).toBe(device === 'cpu');
      recorder.clear();
    });
  });
});
