/** GGUF files written here, and what llama.cpp computes with them: ids of a text, their log-probabilities, greedy tokens. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { score } from '../../src/app/commands/score.ts';
import { saveAsGguf } from '../../src/models/index.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { REFERENCE } from '../reference.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { shortfalls } from './greedy.ts';

/** See tests/reference/README.md. */
interface Reference {
  readonly name: string;
  readonly config: object;
  readonly text: string;
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly greedy: readonly number[];
}

const references = JSON.parse(
  readFileSync(path.join(REFERENCE, 'llama-cpp.json'), 'utf8'),
) as readonly Reference[];

/** llama.cpp keeps keys and values in float16. */
const TOLERANCE = 5e-3;

it.each(references)('computes what llama.cpp computes: $name', async (reference) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'llama-cpp-'));
  const checkpoint = await writeByteCheckpoint(folder, { config: reference.config });
  const file = path.join(folder, 'model.gguf');
  await saveAsGguf(checkpoint, file, 'f32');
  const { text, ids } = reference;
  expect([...Tokenizer.load(file).encode(text, { addSpecial: true })]).toEqual(ids);
  const options = { ids, device: 'cpu', precision: 'fp32' } as const;
  const { logprobs } = score(file, options);
  const differences = logprobs.map((value, i) => Math.abs(value - reference.logprobs[i]!));
  expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
  // Of a random model two tokens may be equally probable: then either is the greedy one.
  expect(Math.max(...shortfalls(file, ids, reference.greedy))).toBeLessThan(2 * TOLERANCE);
});
