/**
 * GGUF files here and in llama.cpp, asked now: node-llama-cpp with its prebuilt library, from the folder that
 * AHA_LLAMA_CPP names. `npm install --ignore-scripts --prefix <folder> node-llama-cpp` fills one; it compiles nothing.
 * AHA_TEST_GGUF names a file of a real model to compare too.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { score } from '../../src/app/commands/score.ts';
import { type GgufType, saveAsGguf } from '../../src/models/index.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';
import { shortfalls } from './greedy.ts';

const ORACLE = fileURLToPath(new URL('llama-cpp-oracle.ts', import.meta.url));
const { AHA_LLAMA_CPP: folder, AHA_TEST_GGUF: realFile } = process.env;

function missingOracle(): string | null {
  if (!LONG) return 'npm run test:long runs it';
  if (folder === undefined) return 'AHA_LLAMA_CPP names no folder with node-llama-cpp';
  const found = existsSync(path.join(folder, 'node_modules', 'node-llama-cpp'));
  return found ? null : `${folder} has no node_modules/node-llama-cpp`;
}

const oracle = requirement(missingOracle());
const real = requirement(
  missingOracle() ?? (realFile === undefined ? 'AHA_TEST_GGUF names no GGUF file' : null),
);

interface Asked {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly greedy: readonly number[];
}

function ask(file: string, text: string, count: number): Asked {
  const args = ['--import', 'tsx', ORACLE, folder!, file, text, String(count)];
  const output = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Asked;
}

/** @param tolerance - of log-probabilities; greedy tokens may be as far from the most probable one here */
function compare(file: string, text: string, tolerance: number): void {
  const { ids, logprobs, greedy } = ask(file, text, 12);
  expect([...Tokenizer.load(file).encode(text, { addSpecial: true })]).toEqual(ids);
  const own = score(file, { ids, device: 'cpu', precision: 'fp32' }).logprobs;
  expect(own).toHaveLength(logprobs.length);
  expect(Math.max(...own.map((value, i) => Math.abs(value - logprobs[i]!)))).toBeLessThan(tolerance);
  expect(Math.max(...shortfalls(file, ids, greedy))).toBeLessThan(2 * tolerance);
}

/**
 * llama.cpp keeps keys and values in float16, and multiplies quantised weights with activations of 8 bits: here weights are
 * float32 once they are read.
 */
const TYPES: readonly (readonly [type: GgufType, tolerance: number])[] = [
  ['f32', 5e-3],
  ['f16', 2e-2],
  ['q8_0', 5e-2],
  ['q4_k_m', 0.2],
];

describe.skipIf(oracle.missing)(`llama.cpp, asked now${oracle.note}`, () => {
  it.each(TYPES)('computes the same of a file in %s', async (type, tolerance) => {
    const dir = mkdtempSync(path.join(tmpdir(), 'llama-cpp-live-'));
    const config = { hidden_size: 256, intermediate_size: 512, num_attention_heads: 4, head_dim: 64 };
    const checkpoint = await writeByteCheckpoint(dir, { config });
    const file = path.join(dir, 'model.gguf');
    await saveAsGguf(checkpoint, file, type);
    compare(file, 'A short text: one, two, three.', tolerance);
  });
});

describe.skipIf(real.missing)(`llama.cpp with a real model${real.note}`, () => {
  it('computes the same', () => compare(realFile!, 'The capital of France is Paris. It lies on the', 0.25));
});
