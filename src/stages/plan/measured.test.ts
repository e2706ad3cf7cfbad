/**
 * The model of time beside what was measured on one H200 (bench/RESULTS.md): the table of docs/distributed.md, and that its largest
 * error is the one that the dry run states.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SHAPES, type ShapeName } from '../../../bench/gpu/shapes.ts';
import { parseConfig } from '../../models/index.ts';
import { CARDS, type GpuCluster } from './cards.ts';
import { factsOf, type ModelFacts } from './model-facts.ts';
import { LARGEST_ERROR } from './rates.ts';
import { stepSeconds } from './rollout-time.ts';
import { stepTime } from './update-time.ts';

const one: GpuCluster = { card: CARDS.h200!, nodes: 1, gpus: 1 };

function facts(shape: ShapeName): ModelFacts {
  return factsOf(parseConfig(SHAPES[shape], shape))!;
}

/** Tokens a second of an optimiser step on rows of one length. */
function trained(shape: ShapeName, rows: number, length: number, recompute = false): number {
  const training = {
    steps: 1,
    rows,
    mean: length,
    longest: length,
    recompute,
    lora: false,
    frozen: 0,
    critics: 0,
    reads: 0,
    vocabulary: true,
  };
  const layout = { tensor: 1, data: 1, expert: 1, shard: 1, recompute, tokens: rows * length };
  return (rows * length) / stepTime(facts(shape), training, layout, one).seconds;
}

/** Milliseconds of a decoding step over 512 tokens of prompt and half of 512 new ones. */
function decoded(rows: number): number {
  return stepSeconds(facts('qwen2'), { tensor: 1, expert: 1, gpus: 1 }, one, rows, 512 + 256) * 1000;
}

/** What, its unit, what was measured, and what is predicted. */
const MEASURED = [
  ['SFT, Qwen2.5-0.5B, 8 × 1,024', 'tokens/s', 124_354, trained('qwen2', 8, 1024)],
  ['SFT, Qwen3-0.6B, 1 × 8,192', 'tokens/s', 61_815, trained('qwen3', 1, 8192)],
  ['RL update, Qwen3-0.6B, 16 × 1,024', 'tokens/s', 96_231, trained('qwen3', 16, 1024)],
  ['RL update, Qwen3-0.6B, 1 × 16,384', 'tokens/s', 48_316, trained('qwen3', 1, 16_384)],
  ['the same with `recompute`', 'tokens/s', 37_811, trained('qwen3', 1, 16_384, true)],
  ['SFT, Qwen2.5-1.5B, 8 × 1,024', 'tokens/s', 44_917, trained('qwen1b', 8, 1024)],
  ['SFT, Qwen2.5-3B, 8 × 1,024', 'tokens/s', 23_759, trained('qwen3b', 8, 1024)],
  ['SFT, Qwen2.5-7B, 4 × 1,024, `recompute`', 'tokens/s', 7809, trained('qwen7b', 4, 1024, true)],
  ['decoding, Qwen2.5-0.5B, 1 row', 'ms a step', 1.08, decoded(1)],
  ['decoding, Qwen2.5-0.5B, 64 rows', 'ms a step', 1.47, decoded(64)],
  ['decoding, Qwen2.5-0.5B, 256 rows', 'ms a step', 2.07, decoded(256)],
  ['update of a GRPO step, Qwen2.5-0.5B, 128 × 1,024', 's', 0.95, (128 * 1024) / trained('qwen2', 128, 1024)],
] as const;

const figure = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);

/** As the documentation has it. */
function line([what, unit, measured, predicted]: (typeof MEASURED)[number]): string {
  const ratio = (predicted / measured).toFixed(2);
  return `| ${what} | ${figure(measured)} ${unit} | ${figure(predicted)} | ${ratio} |`;
}

describe('the model of time', () => {
  it('is in docs/distributed.md beside what was measured', () => {
    const page = readFileSync('docs/distributed.md', 'utf8');
    for (const row of MEASURED) expect(page).toContain(line(row));
  });

  it('is off by no more than the dry run says, and by nearly that once', () => {
    const errors = MEASURED.map(([, , measured, predicted]) => Math.abs(predicted / measured - 1));
    expect(Math.max(...errors)).toBeLessThanOrEqual(LARGEST_ERROR);
    expect(Math.max(...errors)).toBeGreaterThan(LARGEST_ERROR - 0.02);
  });
});
