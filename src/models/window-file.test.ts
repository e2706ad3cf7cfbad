import { describe, expect, it } from 'vitest';
import { type WindowKeys, windowKeysOf, windowProblem, windowsOf } from './window-file.ts';

const used = { use_sliding_window: true };

describe('windowsOf', () => {
  it.each<[string, WindowKeys, (number | null)[]]>([
    ['no window', {}, [null, null, null]],
    ['a window that is not used', { sliding_window: 5, max_window_layers: 0 }, [null, null, null]],
    ['the layers from one on', { ...used, sliding_window: 5, max_window_layers: 1 }, [null, 5, 5]],
    ['every layer', { ...used, sliding_window: 5, max_window_layers: 0 }, [5, 5, 5]],
    ['fewer layers than have none', { ...used, sliding_window: 5 }, [null, null, null]],
    ['no length', { ...used, max_window_layers: 2 }, [null, null, 4096]],
    ['a length of null', { ...used, sliding_window: null, max_window_layers: 0 }, [null, null, null]],
    [
      'layers by their kind, whatever max_window_layers says',
      {
        ...used,
        sliding_window: 5,
        max_window_layers: 0,
        layer_types: ['full_attention', 'sliding_attention', 'full_attention'],
      },
      [null, 5, null],
    ],
  ])('%s', (_, keys, windows) => {
    expect(windowsOf(keys, 3)).toEqual(windows);
    expect(windowProblem(keys, 3, true)).toBeNull();
  });
});

describe('windowProblem', () => {
  const types = ['sliding_attention', 'full_attention'];
  it.each<[WindowKeys, boolean, RegExp]>([
    [used, false, /use_sliding_window: true is not supported by this architecture/],
    [{ layer_types: types }, false, /"sliding_attention" is not supported \(only full_attention\)/],
    [{ layer_types: types }, true, /without use_sliding_window: true/],
    [{ ...used, sliding_window: null, layer_types: types }, true, /and a sliding_window/],
    [{ layer_types: ['full_attention'] }, true, /1 entries for 2 layers/],
    [{ layer_types: ['full_attention', 'linear_attention'] }, true, /"linear_attention"/],
  ])('%j (sliding: %s)', (keys, sliding, message) => {
    expect(windowProblem(keys, 2, sliding)).toMatch(message);
  });
});

it('keeps the keys that a file has', () => {
  const file = { hidden_size: 3, ...used, sliding_window: null };
  expect(windowKeysOf(file)).toEqual({ ...used, sliding_window: null });
  expect(windowKeysOf({})).toEqual({ use_sliding_window: false });
});
