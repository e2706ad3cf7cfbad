/**
 * @file Training plans (all weights, LoRA, 8 bits, 4 bits; batch size) and the first that fits the memory. The dry
 * run estimates what a plan takes.
 */

import { bytesInWords } from '../../bytes.ts';
import { UsageError } from '../../errors.ts';
import type { Hardware } from './hardware.ts';

/** What of the weights is trained. */
export interface Way {
  /** In words, for the recipe. */
  readonly about: string;
  /** `lora` of the stage `rl`; undefined where all weights are trained. */
  readonly lora?: { readonly base?: 'int8' | 'nf4' };
}

export const WAYS: readonly Way[] = [
  { about: 'all weights trained' },
  { about: 'LoRA over the weights as they are', lora: {} },
  { about: 'LoRA over weights in 8 bits', lora: { base: 'int8' } },
  { about: 'LoRA over weights in 4 bits', lora: { base: 'nf4' } },
];

/** Values of `recompute` to try: a smaller batch costs more than the second pass. Over a quantised base it is always so. */
function recomputing({ lora }: Way): readonly boolean[] {
  return lora?.base === undefined ? [false, true] : [false];
}

/** How much is done in a step, how many steps, and how much is measured before and after. */
export interface Batch {
  readonly promptsPerStep: number;
  readonly groupSize: number;
  readonly steps: number;
  /** Longest response. */
  readonly maxTokens: number;
  /** Of the stage `rl`; its default unless given. */
  readonly tokensPerMicroBatch?: number;
  readonly measured: { readonly greedyProblems: number; readonly problems: number; readonly samples: number };
}

const WELL = { greedyProblems: 64, problems: 32, samples: 4 };
const ROUGHLY = { greedyProblems: 32, problems: 8, samples: 2 };

/** From the one that learns most steadily to the smallest that learns at all. */
export const BATCHES: { readonly [kind in Hardware['kind']]: readonly Batch[] } = {
  gpu: [
    { promptsPerStep: 32, groupSize: 16, steps: 200, maxTokens: 1024, measured: WELL },
    {
      promptsPerStep: 16,
      groupSize: 16,
      steps: 200,
      maxTokens: 1024,
      tokensPerMicroBatch: 4096,
      measured: WELL,
    },
    {
      promptsPerStep: 8,
      groupSize: 8,
      steps: 200,
      maxTokens: 512,
      tokensPerMicroBatch: 2048,
      measured: WELL,
    },
  ],
  cpu: [
    { promptsPerStep: 16, groupSize: 8, steps: 40, maxTokens: 256, measured: WELL },
    { promptsPerStep: 8, groupSize: 8, steps: 20, maxTokens: 256, measured: ROUGHLY },
    {
      promptsPerStep: 4,
      groupSize: 4,
      steps: 20,
      maxTokens: 128,
      tokensPerMicroBatch: 512,
      measured: ROUGHLY,
    },
  ],
};

/** Longest time of a first run, by the estimate, where a smaller batch keeps it. */
export const PATIENCE: { readonly [kind in Hardware['kind']]: number } = { gpu: 12 * 3600, cpu: 3600 };

export interface Plan {
  readonly way: Way;
  readonly batch: Batch;
  readonly recompute: boolean;
}

/** What the dry run says of a plan: bytes of the stage that takes most, and seconds of all. */
export interface Cost {
  readonly bytes: number;
  readonly seconds: number;
}

/** The plan that was chosen, and the least that the ways before it would have taken. */
export interface Choice extends Plan {
  readonly cost: Cost;
  readonly tooLarge: readonly { readonly way: Way; readonly bytes: number }[];
}

/**
 * The first way that fits the memory, with the largest batch that fits it and the time; its smallest where none is fast
 * enough.
 * @throws UsageError where nothing fits, naming the least that was counted
 */
export async function chooseWay(
  hardware: Hardware,
  estimate: (plan: Plan) => Promise<Cost>,
): Promise<Choice> {
  const tooLarge: { way: Way; bytes: number }[] = [];
  for (const way of WAYS) {
    let chosen: Omit<Choice, 'tooLarge'> | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const plan of plansOf(way, hardware)) {
      // What is computed again serves where the same batch did not fit.
      if (plan.batch === chosen?.batch) continue;
      const cost = await estimate(plan);
      least = Math.min(least, cost.bytes);
      if (cost.bytes > hardware.usable) continue;
      chosen = { ...plan, cost };
      if (cost.seconds <= PATIENCE[hardware.kind]) break;
    }
    if (chosen !== null) return { ...chosen, tooLarge };
    tooLarge.push({ way, bytes: least });
  }
  const least = Math.min(...tooLarge.map(({ bytes }) => bytes));
  throw new UsageError(
    `the model does not fit: of the ${memoryInWords(hardware.bytes)} of ${hardware.name} ${memoryInWords(hardware.usable)} may be used, and training it takes ${bytesInWords(least)} at the least`,
    'Name a smaller model, or a machine with more memory: --hardware gpu --memory <GiB>.',
  );
}

/** As bytesInWords, which rounds up: a limit below 1 MiB keeps its digits. */
function memoryInWords(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 20).toPrecision(1)} MiB` : bytesInWords(bytes);
}

/** Batches from the largest on, each without and with activations computed again. */
function plansOf(way: Way, { kind }: Hardware): Plan[] {
  return BATCHES[kind].flatMap((batch) => recomputing(way).map((recompute) => ({ way, batch, recompute })));
}
