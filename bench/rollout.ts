/**
 * @file Tokens/s of rollouts: responses of one length, and of very different lengths with and without refilled rows.
 *
 *   npm run bench -- rollout [key=value…]
 *
 * `shapes`: those of gpu/shapes.ts. `prompts`, `group`: responses are their product. `prompt`, `new`: tokens, `new` of the
 * longest response. `rows`: decoded at once. `runs`: medians of so many. `device`, `dtype`.
 *
 * Unequal responses end after 1 to `new` tokens, most of them early. Refilled, the engine gives a row that has ended to the
 * next response; otherwise `rows` responses at a time are sampled, and each lot runs until its longest ends.
 */

import { UsageError } from '../src/errors.ts';
import {
  type Chosen,
  type Continuation,
  Engine,
  FREE,
  PLAIN,
  Prompt,
  Sequence,
} from '../src/inference/engine/index.ts';
import type { LanguageModel } from '../src/models/index.ts';
import { Random } from '../src/random.ts';
import { threads } from '../src/torch/index.ts';
import { Bench, median } from './gpu/bench.ts';
import { Settings } from './gpu/settings.ts';

interface Load {
  readonly bench: Bench;
  readonly model: LanguageModel;
  readonly prompts: readonly Int32Array[];
  /** Responses of a prompt. */
  readonly group: number;
  /** Tokens of each response, prompt after prompt. */
  readonly lengths: readonly number[];
  /** Decoded at once. */
  readonly rows: number;
}

/** Prints a row for each shape: tokens/s of equal lengths, of unequal ones refilled and in lots, and their ratio. */
export function rollouts(...words: string[]): void {
  const settings = new Settings(words);
  const shapes = settings.text('shapes', 'world,small').split(',');
  const device = settings.text('device', 'auto');
  const dtype = settings.text('dtype', 'float32');
  const counts = { prompts: settings.number('prompts', 8), group: settings.number('group', 8) };
  const prompt = settings.number('prompt', 24);
  const longest = settings.number('new', 96, 2);
  const rows = settings.number('rows', 16);
  const runs = settings.number('runs', 3);
  settings.done();
  if (rows % counts.group !== 0)
    throw new UsageError(`rows=${rows} parts a group`, 'Give a multiple of `group`.');
  const responses = counts.prompts * counts.group;
  console.log(
    `${responses} responses to ${counts.prompts} prompts of ${prompt} tokens, up to ${longest} tokens each, ${rows} rows, ${threads()} threads; tokens/s`,
  );
  console.log('shape | equal | unequal, refilled | unequal, in lots | refilled ÷ in lots');
  for (const shape of shapes) {
    const bench = new Bench(
      'rollout',
      new Settings([`shape=${shape}`, `device=${device}`, `dtype=${dtype}`]),
    );
    const model = bench.model();
    const prompts = Array.from({ length: counts.prompts }, () => bench.tokens(prompt));
    const equal = Array.from({ length: responses }, () => longest);
    const unequal = unequalLengths(responses, longest);
    const load = { bench, model, prompts, group: counts.group, rows };
    refilled({ ...load, lengths: equal.map(() => 2) });
    const kinds = [
      { lengths: equal, run: refilled },
      { lengths: unequal, run: refilled },
      { lengths: unequal, run: inLots },
    ];
    // Turn by turn, so that a slow moment of the machine meets all.
    const times = Array.from({ length: runs }, () =>
      kinds.map(({ lengths, run }) => milliseconds(bench, () => run({ ...load, lengths }))),
    );
    const figures = kinds.map(({ lengths }, kind) => {
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      return (tokens / median(times.map((turn) => turn[kind]!))) * 1000;
    });
    const told = figures.map((figure) => figure.toFixed(0));
    console.log([shape, ...told, (figures[1]! / figures[2]!).toFixed(2)].join(' | '));
    model.dispose();
  }
}

/** Of one call. On one thread of a CPU it is the process's own time: other work on the machine does not count. */
function milliseconds(bench: Bench, fn: () => void): number {
  if (bench.cuda || threads() > 1) return bench.time(fn);
  const begun = process.cpuUsage();
  fn();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

/** 1 to `longest`, a quarter of it on average: as responses end by themselves, with a long tail. */
function unequalLengths(count: number, longest: number): number[] {
  const random = Random.derive(0, 'rollout lengths');
  return Array.from({ length: count }, () => {
    const drawn = -Math.log(1 - random.next()) * (longest / 4);
    return Math.min(longest, Math.max(1, Math.round(drawn)));
  });
}

/** Takes as many tokens as its response has. */
class Taker implements Continuation {
  readonly ready = true;
  #left: number;

  constructor(tokens: number) {
    this.#left = tokens;
  }

  constrain() {
    return FREE;
  }

  accept(_chosen: Chosen): boolean {
    return --this.#left > 0;
  }

  started(): void {}

  failed(error: unknown): void {
    throw error;
  }
}

/** All responses through one engine, as sample() has them. */
function refilled({ bench, model, prompts, group, lengths, rows }: Load): void {
  const context = Math.max(...prompts.map(({ length }) => length)) + Math.max(...lengths);
  const engine = new Engine(model, {
    maxRows: rows,
    context,
    blockSize: context,
    cacheTokens: (rows + 1) * context,
    prefillTokens: 8192,
    favours: 'throughput',
  });
  for (const [index, tokens] of prompts.entries()) {
    const prompt = new Prompt(tokens);
    for (let i = index * group; i < (index + 1) * group; i++) {
      const random = Random.derive(0, i);
      const sampling = {
        ...PLAIN,
        temperature: 1,
        counts: new Map<number, number>(),
        random,
        logprobs: 'policy',
      } as const;
      engine.add(new Sequence(prompt, sampling, new Taker(lengths[i]!)));
    }
  }
  while (engine.busy) engine.step();
  bench.synchronize();
  engine.dispose();
}

/** So many responses at a time, each lot to the end of its longest. */
function inLots(load: Load): void {
  const { prompts, group, lengths, rows } = load;
  for (let from = 0; from < lengths.length; from += rows) {
    const lot = lengths.slice(from, from + rows);
    const own = Math.floor(from / group);
    const count = Math.ceil(lot.length / group);
    refilled({ ...load, prompts: prompts.slice(own, own + count), lengths: lot });
  }
}
