/**
 * @file Training and decoding at the shapes of published models, on a GPU; small defaults where there is none.
 *
 *   npm run bench -- gpu <mode> [key=value…]
 *
 * Modes: sft, rl, grpo, qlora, attention, memory, kernels, growth, sample, engine, ops, ref, digits, resume.
 *
 * Every mode takes `device`, `shape` (of shapes.ts), `precision` (auto, bf16, fp32, tf32; or `dtype`: float32,
 * bfloat16), `tag` (printed again) and
 * `windows` (a file for `npm run bench -- trace`); sft and rl take `warm` and `runs`. The function of each mode lists its
 * own. Figures are ms, tokens/s (`tokps`), MFU in %, GiB. `peer.py` beside this file measures the same in transformers.
 */
import { UsageError } from '../../src/errors.ts';
import { attention } from './attention.ts';
import { engine, sampled } from './decoding.ts';
import { growth } from './growth.ts';
import { grpo } from './grpo.ts';
import { kernels } from './kernels.ts';
import { peaks } from './memory.ts';
import { operators, reference } from './operators.ts';
import { qlora } from './qlora.ts';
import { resume } from './resume.ts';
import { Settings } from './settings.ts';
import { digits, rl, sft } from './training.ts';

const MODES: Readonly<Record<string, (settings: Settings) => void | Promise<void>>> = {
  sft,
  rl,
  grpo,
  qlora,
  attention,
  resume,
  sample: sampled,
  engine,
  ops: operators,
  ref: reference,
  memory: peaks,
  kernels,
  growth,
  digits,
};

/** @throws UsageError for an unknown mode or setting */
export async function gpu(mode = '', ...words: string[]): Promise<void> {
  const measure = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (measure === undefined) {
    const said = mode === '' ? 'gpu needs a mode' : `gpu has no mode "${mode}"`;
    throw new UsageError(said, `Name one of ${Object.keys(MODES).join(', ')}.`);
  }
  await measure(new Settings(words));
}
