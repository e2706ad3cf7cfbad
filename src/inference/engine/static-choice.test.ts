/** Top-k, top-p, penalties and biases inside of a static step: the tokens of the ordinary path, and ahead of the host. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { runs } from '../../../tests/support/long.ts';
import { Random } from '../../random.ts';
import { memory, scope, tensor } from '../../torch/index.ts';
import { Adjustments } from './adjustments.ts';
import { chooseRows } from './choose.ts';
import { cutNumbers } from './cut.ts';
import { drawnOfCut } from './draw.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { demandsOf, FREE, PLAIN, Prompt, type SamplingRow } from './sequence.ts';
import { type Collector, collect, OPTIONS, runOut, smallEngines, withEngine } from './testing.ts';
import { TokenMasks } from './token-masks.ts';

const model = formulaModel();
afterAll(() => model.dispose());

type Settings = Omit<SamplingRow, 'counts' | 'random' | 'bias'> & {
  readonly seed: number;
  readonly biases: readonly (readonly [number, number])[];
};

const settings: fc.Arbitrary<Settings> = fc.record({
  temperature: fc.constantFrom(0, 1, 0.7, 1.3),
  topP: fc.constantFrom(1, 0.9, 0.6, 1e-9),
  topK: fc.constantFrom(0, 0, 3, 100),
  presencePenalty: fc.constantFrom(0, 0, 0.9, -0.3),
  frequencyPenalty: fc.constantFrom(0, 0, 0.37, 2),
  biases: fc.constantFrom([], [], [[3, 1.7] as const, [9, -100] as const]),
  seed: fc.nat(1000),
  logprobs: fc.constantFrom('policy' as const, null),
});

function rowOf({ seed, biases, ...own }: Settings): SamplingRow {
  const random = own.temperature === 0 ? null : Random.derive(seed, 'choice');
  return { ...PLAIN, ...own, bias: new Map(biases), counts: new Map(), random };
}

interface Request {
  readonly prompt: readonly number[];
  readonly most: number;
  readonly delay: number;
  readonly free: boolean;
  readonly replies: readonly Settings[];
}

const requests: fc.Arbitrary<Request[]> = fc.array(
  fc.record({
    prompt: fc.array(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 12 }),
    most: fc.integer({ min: 1, max: 24 }),
    delay: fc.nat(5),
    free: fc.constantFrom(true, true, false),
    replies: fc.array(settings, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);

/** What an engine makes of requests. */
function replies(list: readonly Request[], options: Partial<EngineOptions>): Collector[] {
  return withEngine(model, options, (engine) => {
    const made = list.flatMap(({ prompt, most, delay, free, replies: own }) => {
      const shared = new Prompt(prompt);
      const outs = own.map((one, i) => {
        const { sequence, out } = collect(shared, most + i, rowOf(one));
        out.free = free;
        engine.add(sequence);
        return out;
      });
      for (let step = 0; step < delay; step++) engine.step();
      return outs;
    });
    runOut(engine);
    return made;
  });
}

describe('choice inside of a static step', () => {
  it('gives the tokens of the ordinary path, whatever shares the batch, waits or is sent back', () => {
    fc.assert(
      fc.property(requests, smallEngines, (list, options) => {
        const ordinary = replies(list, { ...options, graphs: false });
        const inside = replies(list, { ...options, graphs: true });
        for (const [i, { tokens, chosen }] of ordinary.entries()) {
          expect(inside[i]!.tokens).toEqual(tokens);
          for (const [k, { logprob }] of chosen.entries()) {
            const own = inside[i]!.chosen[k]!.logprob;
            if (logprob === null) expect(own).toBeNull();
            else expect(own).toBeCloseTo(logprob, 4);
          }
        }
      }),
      { numRuns: runs(12, 600), seed: 3 },
    );
  });

  it('chooses the same tokens of the same logits as the chooser, bit for bit', () => {
    fc.assert(
      fc.property(fc.array(settings, { minLength: 2, maxLength: 6 }), fc.nat(1000), (list, seed) => {
        const V = 300;
        const rows = list.map((one) =>
          rowOf({ ...one, biases: [], presencePenalty: 0, frequencyPenalty: 0 }),
        );
        const random = Random.derive(seed, 'logits');
        const data = Float32Array.from({ length: rows.length * V }, () => Math.round(40 * random.next()) / 4);
        scope(() => {
          const logits = tensor(data, [rows.length, V]);
          const uniforms = list.map((one) =>
            one.temperature === 0 ? null : Random.derive(one.seed, 'choice').next(),
          );
          const choices = rows.map((sampling) => ({ sampling, demands: demandsOf(sampling), rule: FREE }));
          const masks = new TokenMasks('cpu');
          const chosen = chooseRows(
            logits,
            // All report: so log-probabilities can be compared too.
            choices.map((one) => ({ ...one, demands: { ...one.demands, policy: true } })),
            masks,
          );
          masks.dispose();
          const cuts = choices.map(({ sampling, demands }) =>
            cutNumbers(
              demands.greedy ? { topK: 0, topP: 1 } : { ...sampling, topP: Math.max(sampling.topP, 1e-6) },
              V,
            ),
          );
          const { tokens, logprobs } = drawnOfCut(
            { logits, temperatures: tensor(rows.map(({ temperature }) => temperature || 1)) },
            {
              kept: tensor(Int32Array.from(cuts, ({ kept }) => kept)).to('int64'),
              mass: tensor(cuts.map(({ mass }) => mass)),
            },
            tensor(uniforms.map((one) => (one === null ? -1 : Math.min(one, 1 - 2 ** -22)))),
          );
          expect(tokens.toArray()).toEqual(chosen.map((one) => one!.token));
          expect(logprobs.toArray()).toEqual(chosen.map((one) => one!.logprob));
        });
      }),
      { numRuns: runs(60, 1000), seed: 5 },
    );
  });

  it.each([
    ['top-p', { topP: 0.9 }],
    ['top-k', { topK: 4 }],
    ['penalties', { frequencyPenalty: 0.5, presencePenalty: 0.2 }],
    ['a bias', { bias: new Map([[3, 2]]) }],
  ])('computes a step ahead of its readers: %s', (_, how) => {
    const engine = new Engine(model, { ...OPTIONS, graphs: true });
    const random = Random.derive(1, 'ahead');
    const own = { ...PLAIN, temperature: 1, random, counts: new Map<number, number>(), ...how };
    const { sequence, out } = collect([1, 2, 3, 4], 9, own);
    out.free = true;
    engine.add(sequence);
    const counts = Array.from({ length: 5 }, () => {
      engine.step();
      return out.tokens.length;
    });
    expect(counts).toEqual([1, 1, 2, 3, 4]);
    engine.dispose();
  });

  it('leaves no tensor behind', () => {
    const before = memory().tensors;
    const one = { temperature: 1, topP: 0.9, topK: 0, presencePenalty: 1, frequencyPenalty: 0.1 } as const;
    const list = [1, 2, 3].map((seed) => ({ ...one, seed, logprobs: null, biases: [[2, 1]] as const }));
    replies([{ prompt: [1, 2], most: 9, delay: 0, free: true, replies: list }], { graphs: true });
    expect(memory().tensors).toBe(before);
  });
});

describe('Adjustments', () => {
  it('gives slots to more rows than it has, and writes a row again that was away', () => {
    const made = (token: number): SamplingRow => ({
      ...PLAIN,
      frequencyPenalty: 1,
      counts: new Map([[token, 2]]),
    });
    const rows = [made(0), made(1), made(2)];
    const adjustments = new Adjustments(4, 2, 'cpu');
    let moves = 0;
    /** Logits of a step of one row, all 0 before. */
    const step = (adjusted: SamplingRow, start: number, token: number | null, input = token ?? 0): number[] =>
      scope(() => {
        const [place] = adjustments.place([{ adjusted, start, token }], () => moves++);
        const logits = adjustments.apply(
          tensor(new Float32Array(4), [1, 4]),
          tensor(Int32Array.of(place!.slot)).to('int64'),
          tensor(Int32Array.of(input)).to('int64'),
          tensor([place!.adds]),
        );
        return logits.toArray();
      });
    expect(step(rows[0]!, 5, 0)).toEqual([-2, 0, 0, 0]);
    // The device counts what the host has not seen.
    expect(step(rows[0]!, 6, null, 3)).toEqual([-2, 0, 0, -1]);
    expect(step(rows[1]!, 9, 1)).toEqual([0, -2, 0, 0]);
    expect(step(rows[2]!, 9, 2)).toEqual([0, 0, -2, 0]);
    rows[0]!.counts.set(3, 1).set(1, 1);
    expect(step(rows[0]!, 8, 1)).toEqual([-2, -1, 0, -1]);
    // Nobody knows the first memory before it is there.
    expect(moves).toBe(0);
    const both = rows.slice(0, 2).map((adjusted) => ({ adjusted, start: 20, token: 0 }));
    scope(() => adjustments.place(both, () => moves++));
    expect(moves).toBe(1);
    adjustments.dispose();
  });
});
