import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { readGenerationConfig } from './generation-config.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-generation-'));

function read(content: unknown) {
  writeFileSync(
    path.join(dir, 'generation_config.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );
  const warnings: string[] = [];
  return { settings: readGenerationConfig(dir, (message) => void warnings.push(message)), warnings };
}

describe('readGenerationConfig', () => {
  it.each([
    [
      { do_sample: true, temperature: 0.6, top_p: 0.95, top_k: 20 },
      { temperature: 0.6, topP: 0.95, topK: 20 },
    ],
    [{ temperature: 0.7 }, { temperature: 0.7 }],
    [{ top_k: -1 }, { topK: 0 }],
    [
      { do_sample: false, temperature: 0.6, top_p: 0.9 },
      { temperature: 0, topP: 0.9 },
    ],
    [{ do_sample: null, temperature: null, top_p: null, eos_token_id: 3 }, {}],
  ])('reads %j', (file, settings) => {
    expect(read(file)).toEqual({ settings, warnings: [] });
  });

  it('names the fields that have no effect, and no others', () => {
    const { warnings } = read({
      min_p: 0.05,
      repetition_penalty: 1.05,
      num_beams: 1,
      typical_p: 1,
      max_length: 20,
    });
    expect(warnings).toEqual([
      `${path.join(dir, 'generation_config.json')}: without effect here: min_p 0.05, repetition_penalty 1.05`,
    ]);
  });

  it.each([
    [{ temperature: 'hot' }, 'generation_config.json: temperature: '],
    [{ top_p: 0 }, 'generation_config.json: top_p: '],
    [{ top_k: -1.5 }, 'generation_config.json: top_k: '],
    ['[]', 'generation_config.json'],
    ['{', 'generation_config.json'],
  ])('refuses %j', (file, message) => {
    expect(() => read(file)).toThrow(UserError);
    expect(() => read(file)).toThrow(message);
  });

  it('says nothing where there is no file', () => {
    const none = mkdtempSync(path.join(tmpdir(), 'aha-generation-'));
    expect(readGenerationConfig(none, () => {})).toEqual({});
  });
});
