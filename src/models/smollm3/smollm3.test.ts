import { describe, expect, it } from 'vitest';
import { configKeys, parseConfig } from '../config.ts';
import { modelSizes } from '../sizes.ts';

const SMOLLM3_3B = {
  model_type: 'smollm3',
  vocab_size: 128_256,
  hidden_size: 2048,
  intermediate_size: 11_008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 4,
};

const parse = (changes: object = {}): ReturnType<typeof parseConfig> =>
  parseConfig({ ...SMOLLM3_3B, num_hidden_layers: 4, ...changes }, 'config.json');

describe('the config.json of smollm3', () => {
  it.each([
    [{}, [true, true, true, false]],
    [{ no_rope_layer_interval: 3 }, [true, true, false, true]],
    [{ no_rope_layers: [0, 1, 0, 1] }, [false, true, false, true]],
    [{ no_rope_layers: [0, 1, 0, 1, 1, 1] }, [false, true, false, true]],
  ])('with %j has positions in the layers %j', (changes, ropeLayers) => {
    expect(parse(changes)).toMatchObject({ ropeLayers });
  });

  it.each([
    [{}, [null, null, null, null]],
    [{ sliding_window: 8 }, [null, null, null, null]],
    [{ use_sliding_window: true, sliding_window: 8 }, [null, null, null, 8]],
    [
      {
        use_sliding_window: true,
        sliding_window: 8,
        layer_types: ['sliding_attention', ...Array<string>(3).fill('full_attention')],
      },
      [8, null, null, null],
    ],
  ])('with %j has the windows %j', (changes, windows) => {
    expect(parse(changes)).toMatchObject({ windows });
    expect(parseConfig(configKeys(parse(changes), 'float32'), 'again')).toEqual(parse(changes));
  });

  it.each([
    [{ no_rope_layers: [1, 0] }, 'config.json: no_rope_layers: 2 entries for 4 layers'],
    [{ no_rope_layers: [1, 2, 1, 1] }, 'config.json: no_rope_layers.1: 2'],
  ])('is refused with %j', (changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  it('of SmolLM3-3B asks for its 3.1 billion parameters, its head tied unless it says otherwise', () => {
    expect(modelSizes(parseConfig(SMOLLM3_3B, 'test'), 'bfloat16').parameters).toBe(3_075_098_624);
  });
});
