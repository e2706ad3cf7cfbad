/** @file Peak memory of fine-tuning steps, measured beside what the dry run says. */
import { padRows } from '../../src/data/index.ts';
import { UsageError, UserError } from '../../src/errors.ts';
import { parameterBytes, parseConfig } from '../../src/models/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { nextTokenStep } from '../../src/stages/common/next-token.ts';
import {
  type LargestPass,
  optimiserBytes,
  passMemory,
  peakBytes,
} from '../../src/stages/common/training-memory.ts';
import { emptyCache, resetPeak } from '../../src/torch/index.ts';
import { Bench, parametersOf, round } from './bench.ts';
import type { Settings } from './settings.ts';
import { SHAPES } from './shapes.ts';

const GIBIBYTE = 2 ** 30;

/** Rows of a step, their tokens, and whether activations are recomputed. */
interface Pass {
  readonly rows: number;
  readonly len: number;
  readonly recompute: boolean;
}

/**
 * Two models, rows of two lengths, with and without recomputation: GiB said by the dry run, measured, and their ratio. On
 * the CPU, which counts no peak, what is said alone.
 *
 * `passes`: rows × length of each, such as 8x1024,1x8192.
 */
export function peaks(settings: Settings): void {
  const benches = (['qwen2', 'qwen3'] as const).map((shape) => new Bench('memory', settings, shape));
  const [first] = benches;
  const sizes = settings.text('passes', first!.sized('8x1024,1x8192', '2x64,1x128')).split(',').map(sizeOf);
  settings.done();
  const passes = sizes.flatMap((size) => [false, true].map((recompute) => ({ ...size, recompute })));
  for (const bench of benches) peaksOf(bench, passes);
}

function sizeOf(word: string): Omit<Pass, 'recompute'> {
  const [rows, len] = word.split('x').map(Number);
  if (!Number.isInteger(rows) || !Number.isInteger(len) || rows! < 1 || len! < 2)
    throw new UsageError(`passes=${word} is wrong`, 'Give rows x length, such as 8x1024.');
  return { rows: rows!, len: len! };
}

function peaksOf(bench: Bench, passes: readonly Pass[]): void {
  const model = bench.model('float32');
  const learner = new Learner(model, optimizerSchema.parse({ peak: 1e-5 }), 1000, bench.dtype);
  const config = parseConfig(SHAPES[bench.shape], bench.shape);
  const { device, dtype } = bench;
  const parameters = parametersOf(model);
  const state = parameters * parameterBytes(dtype).trained;
  for (const pass of passes) {
    const { rows, len, recompute } = pass;
    const largest: LargestPass = {
      config,
      lora: false,
      recompute,
      tokens: rows * len,
      length: len,
      head: {},
      device,
      dtype,
    };
    const { activations, head } = passMemory(largest);
    const said = gib(peakBytes(state, { activations, head }, optimiserBytes(parameters, device)));
    const measured = measure(bench, learner, pass);
    bench.print({
      ...pass,
      state: gib(state),
      activations: gib(activations ?? 0),
      head: gib(head),
      said,
      measured,
      ratio: typeof measured === 'number' ? round(said / measured, 3) : null,
    });
  }
  learner.dispose();
  model.dispose();
  emptyCache();
}

function gib(bytes: number): number {
  return round(bytes / GIBIBYTE, 3);
}

/** The peak of the second of two steps, GiB; null on the CPU. */
function measure(bench: Bench, learner: Learner, { rows, len, recompute }: Pass): number | string | null {
  const trained = new Uint8Array(len).fill(1);
  const batch = padRows(
    Array.from({ length: rows }, () => ({ tokens: bench.tokens(len), trained })),
    0,
  );
  try {
    nextTokenStep(learner, [batch], { recompute });
    if (!bench.cuda) return null;
    resetPeak(bench.device);
    nextTokenStep(learner, [batch], { recompute });
    return round(bench.memoryGiB.peak, 3);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return 'out of memory';
  } finally {
    emptyCache();
  }
}
