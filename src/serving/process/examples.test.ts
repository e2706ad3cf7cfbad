import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { byteTokenizer } from '../../../tests/support/byte-tokenizer.ts';
import { worldTokenizer } from '../../world/index.ts';
import { exampleQuestions } from './examples.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-examples-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let made = 0;
/** A checkpoint's folder, with `examples.json` where a text is given. */
function checkpoint(text?: string): string {
  const place = path.join(dir, String(made++));
  mkdirSync(place);
  if (text !== undefined) writeFileSync(path.join(place, 'examples.json'), text);
  return place;
}

describe('exampleQuestions', () => {
  it('gives questions that the vocabulary can spell', () => {
    expect(exampleQuestions(checkpoint(), byteTokenizer())).toContain('What is 17 × 24 − 9?');
    const world = worldTokenizer();
    const questions = exampleQuestions(checkpoint(), world);
    expect(questions).toContain('what is 12 + 30 - 5 ?');
    expect(questions).toHaveLength(3);
    for (const question of questions) expect(world.decode(world.encode(question))).toBe(question);
  });

  it('gives those of the checkpoint where it has some', () => {
    const questions = exampleQuestions(
      checkpoint('[" Reach 24 with 3, 8 and 1. ", "und?"]'),
      byteTokenizer(),
    );
    expect(questions).toEqual(['Reach 24 with 3, 8 and 1.', 'und?']);
    expect(exampleQuestions(checkpoint('[]'), byteTokenizer())).toEqual([]);
  });

  it.each([
    '{',
    '{"a": 1}',
    '[1]',
    '[""]',
    JSON.stringify(['x'.repeat(301)]),
    JSON.stringify(Array(7).fill('x')),
  ])('refuses a file that is no such list, by name: %.20s', (text) => {
    const place = checkpoint(text);
    const message = `${path.join(place, 'examples.json')}: no list of example questions`;
    expect(() => exampleQuestions(place, byteTokenizer())).toThrow(message);
  });

  it('refuses a folder of that name', () => {
    const place = checkpoint();
    mkdirSync(path.join(place, 'examples.json'));
    expect(() => exampleQuestions(place, byteTokenizer())).toThrow('it is no file');
  });
});
