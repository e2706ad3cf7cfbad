import { describe, expect, it } from 'vitest';
import {
  everyWindow,
  periodicWindows,
  upperWindows,
  type WindowKeys,
  type WindowRule,
  windowKeysOf,
  windowProblem,
  windowsOf,
} from './window-file.ts';

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
    expect(windowsOf(keys, 3, upperWindows)).toEqual(windows);
    expect(windowProblem(keys, 3, upperWindows)).toBeNull();
  });

  it.each<[string, WindowRule, WindowKeys, (number | null)[]]>([
    ['every layer', everyWindow(4096), { sliding_window: 5 }, [5, 5, 5]],
    ['every layer, no length', everyWindow(4096), {}, [4096, 4096, 4096]],
    ['every layer, none', everyWindow(4096), { sliding_window: null }, [null, null, null]],
    ['every layer, none unless given', everyWindow(null), {}, [null, null, null]],
    ['all but every second', periodicWindows(2), { sliding_window: 5 }, [5, null, 5]],
    [
      'all but every third, by the file',
      periodicWindows(2),
      { sliding_window: 5, sliding_window_pattern: 3 },
      [5, 5, null],
    ],
  ])('%s', (_, rule, keys, windows) => {
    expect(windowsOf(keys, 3, rule)).toEqual(windows);
    expect(windowProblem(keys, 3, rule)).toBeNull();
  });
});

describe('windowProblem', () => {
  const types = ['sliding_attention', 'full_attention'];
  it.each<[WindowKeys, WindowRule | null, RegExp]>([
    [used, null, /use_sliding_window: true is not supported by this architecture/],
    [{ layer_types: types }, null, /"sliding_attention" is not supported \(only full_attention\)/],
    [{ layer_types: types }, upperWindows, /without use_sliding_window: true/],
    [{ ...used, sliding_window: null, layer_types: types }, upperWindows, /and a sliding_window/],
    [{ layer_types: ['full_attention'] }, upperWindows, /1 entries for 2 layers/],
    [{ layer_types: ['full_attention', 'linear_attention'] }, upperWindows, /"linear_attention"/],
    [{ sliding_window: null }, periodicWindows(4), /sliding_window: null is not supported/],
    [{ sliding_window: null, layer_types: types }, everyWindow(null), /without a sliding_window/],
  ])('%j', (keys, rule, message) => {
    expect(windowProblem(keys, 2, rule)).toMatch(message);
  });
});

it('keeps the keys that a file has', () => {
  const file = { hidden_size: 3, ...used, sliding_window: null };
  expect(windowKeysOf(file, upperWindows)).toEqual({ ...used, sliding_window: null });
  expect(windowKeysOf({}, upperWindows)).toEqual({ use_sliding_window: false });
  expect(windowKeysOf({}, everyWindow(null))).toEqual({});
});
