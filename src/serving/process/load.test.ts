import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import { RECOMMENDED } from '../backend.ts';
import { loadServed } from './load.ts';
import { MODEL_DEFAULTS, type ModelOptions } from './messages.ts';

let checkpoint: string;
beforeAll(async () => {
  checkpoint = await writeByteCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-load-')));
});

/** What a checkpoint with this generation_config.json says of itself. */
function loaded(config: object, options: Partial<ModelOptions> = {}) {
  writeFileSync(path.join(checkpoint, 'generation_config.json'), JSON.stringify(config));
  const small = { maxRows: 1, context: 64, device: 'cpu', threads: 1 };
  const served = loadServed({ ...MODEL_DEFAULTS, ...small, id: 'm', checkpoint, ...options });
  served.engine.dispose();
  return served;
}

describe('loadServed', () => {
  it('samples by the options, else as the checkpoint says, else as DeepSeek recommends', () => {
    expect(loaded({}).info.sampling).toEqual(RECOMMENDED);
    const config = { temperature: 0.7, top_k: 20 };
    expect(loaded(config).info.sampling).toEqual({ ...RECOMMENDED, temperature: 0.7, topK: 20 });
    const sampling = { temperature: 0.2 };
    expect(loaded(config, { sampling }).info.sampling).toEqual({
      ...RECOMMENDED,
      temperature: 0.2,
      topK: 20,
    });
    expect(loaded({ do_sample: false }).info.sampling.temperature).toBe(0);
  });

  it('refuses to speculate with a model that has no layer for it', () => {
    expect(() => loaded({}, { speculate: true })).toThrow(
      /the \w+ model has no layer that predicts tokens after the next/,
    );
  });

  it('warns of settings that have no effect', () => {
    expect(loaded({}).warnings).toEqual([]);
    expect(loaded({ min_p: 0.1 }).warnings).toEqual([expect.stringContaining('min_p 0.1')]);
  });

  it('names the token ids that the model knows', () => {
    expect(loaded({}).info).toMatchObject({ vocabSize: expect.any(Number), dtype: 'float32' });
  });
});
