import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { scope, tensor } from '../../torch/index.ts';
import { chooseRows } from './choose.ts';
import { type Chosen, demandsOf, FREE, type SamplingRow, type TokenRule } from './sequence.ts';
import { GREEDY } from './testing.ts';
import { TokenMasks } from './token-masks.ts';

const masks = new TokenMasks('cpu');

function choose(
  logits: number[][],
  rows: Partial<SamplingRow>[],
  rules: TokenRule[] = rows.map(() => FREE),
): (Chosen | null)[] {
  return scope(() =>
    chooseRows(
      tensor(logits.flat(), [logits.length, logits[0]!.length]),
      rows.map((row, i) => {
        const sampling = { ...GREEDY, ...row };
        return { sampling, demands: demandsOf(sampling), rule: rules[i]! };
      }),
      masks,
    ),
  );
}

const tokens = (chosen: (Chosen | null)[]): (number | undefined)[] => chosen.map((row) => row?.token);

describe('chooseRows', () => {
  it('takes off the presence penalty once and the frequency penalty each time', () => {
    const counts = new Map([[0, 3]]);
    const row = (presencePenalty: number, frequencyPenalty: number) => ({
      presencePenalty,
      frequencyPenalty,
      counts,
    });
    const logits = [3, 1.9, 0];
    expect(
      tokens(choose([logits, logits, logits, logits], [row(1, 0), row(2, 0), row(0, 0.3), row(0, 0.4)])),
    ).toEqual([0, 1, 0, 1]);
  });

  it('adds biases to single tokens of single rows', () => {
    const bias = new Map([[2, 5]]);
    expect(
      tokens(
        choose(
          [
            [3, 2, 0],
            [3, 2, 0],
          ],
          [{ bias }, {}],
        ),
      ),
    ).toEqual([2, 0]);
  });

  it('keeps each row’s own top k and top p', () => {
    const logits = [0.5, 0.3, 0.15, 0.05].map(Math.log);
    const settings: Partial<SamplingRow>[] = [
      { topK: 1 },
      { topK: 2 },
      { topP: 0.6 },
      { topP: 1 },
      { topK: 3, topP: 0.5 },
    ];
    const seen = settings.map(() => new Set<number>());
    const randoms = settings.map((_, i) => Random.derive(i, 'test'));
    for (let draw = 0; draw < 400; draw++) {
      const chosen = choose(
        settings.map(() => logits),
        settings.map((row, i) => ({ ...row, temperature: 1, random: randoms[i]! })),
      );
      for (const [i, row] of chosen.entries()) seen[i]!.add(row!.token);
    }
    // After k = 3 the first token has 0.526 of what is left: p = 0.5 keeps it alone.
    expect(seen.map((set) => [...set].toSorted((a, b) => a - b))).toEqual([
      [0],
      [0, 1],
      [0, 1],
      [0, 1, 2, 3],
      [0],
    ]);
  });

  it('draws at each row’s own temperature', () => {
    const shares = [0.5, 2].map((temperature) => {
      const random = Random.derive(1, 'test');
      let first = 0;
      for (let draw = 0; draw < 2000; draw++) {
        const [, chosen] = choose(
          [
            [0, 0],
            [1, 0],
          ],
          [{}, { temperature, random }],
        );
        if (chosen!.token === 0) first++;
      }
      return first / 2000;
    });
    // σ(1 / T): 0.881 and 0.622, within four standard errors.
    expect(shares[0]).toBeCloseTo(0.881, 1);
    expect(Math.abs(shares[0]! - 0.881)).toBeLessThan(0.03);
    expect(Math.abs(shares[1]! - 0.622)).toBeLessThan(0.045);
  });

  it('reports the model’s own log-probabilities, before penalties, temperature and rules', () => {
    const logits = [0.5, 0.3, 0.2].map(Math.log);
    const rule = { forced: null, allowed: { key: 'b', ids: Int32Array.of(2) } };
    const [plain, ruled] = choose(
      [logits, logits],
      [{ logprobs: 2 }, { logprobs: 0, bias: new Map([[0, -50]]) }],
      [FREE, rule],
    );
    expect(plain!.logprob).toBeCloseTo(Math.log(0.5), 5);
    expect(plain!.top.map(({ token }) => token)).toEqual([0, 1]);
    expect(plain!.top[1]!.logprob).toBeCloseTo(Math.log(0.3), 5);
    expect(ruled).toMatchObject({ token: 2, top: [] });
    expect(ruled!.logprob).toBeCloseTo(Math.log(0.2), 5);
  });

  it('reports nothing where nothing is asked for, next to rows that ask', () => {
    const [asked, silent] = choose(
      [
        [1, 0],
        [1, 0],
      ],
      [{ logprobs: 1 }, {}],
    );
    expect(asked!.logprob).not.toBeNull();
    expect(silent).toEqual({ token: 0, logprob: null, top: [] });
  });

  it.each([
    ['temperature 1', { temperature: 1 }, [0.5, 0.3, 0.15, 0.05]],
    ['a lower temperature', { temperature: 0.5 }, [0.25, 0.09, 0.0225, 0.0025].map((p) => p / 0.365)],
    ['the top k', { temperature: 1, topK: 2 }, [5 / 8, 3 / 8, 0, 0]],
    ['the top p', { temperature: 1, topP: 0.81 }, [0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0]],
  ])('draws from the distribution of %s', (_, settings, expected) => {
    const rows = 20_000;
    const random = Random.derive(11, 'test');
    const logits = Array.from({ length: rows }, () => [0.5, 0.3, 0.15, 0.05].map(Math.log));
    const drawn = tokens(
      choose(
        logits,
        logits.map(() => ({ ...settings, random })),
      ),
    );
    for (const [token, p] of expected.entries()) {
      const share = drawn.filter((one) => one === token).length / rows;
      // Four standard errors.
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / rows) + 1e-12);
    }
  });

  it('reports for training the log-probability at the temperature, before the tail is cut', () => {
    const random = Random.derive(1, 'test');
    const logits = [0.5, 0.3, 0.2].map(Math.log);
    const [cut, warm, greedy] = choose(
      [logits, logits, logits],
      [
        { temperature: 1, topK: 1, random, logprobs: 'policy' },
        { temperature: 2, topP: 0.1, random, logprobs: 'policy' },
        { logprobs: 'policy' },
      ],
    );
    const roots = [0.5, 0.3, 0.2].map(Math.sqrt);
    const total = roots.reduce((sum, root) => sum + root, 0);
    expect(cut!.logprob).toBeCloseTo(Math.log(0.5), 6);
    expect(warm!.logprob).toBeCloseTo(Math.log(roots[0]! / total), 6);
    expect(greedy!.logprob).toBeCloseTo(Math.log(0.5), 6);
  });

  it('draws the same from the same streams, and another way from others', () => {
    const draw = (seed: number) => {
      const flat = Array.from({ length: 100 }, () => [0, 0, 0, 0]);
      return tokens(
        choose(
          flat,
          flat.map((_, i) => ({ temperature: 1, random: Random.derive(seed, i) })),
        ),
      );
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('draws the most probable token at temperatures and masses that float32 cannot hold', () => {
    const random = Random.derive(1, 'test');
    const logits = [1, 2, 30];
    for (const temperature of [1e-6, 1e-40, 1e-300])
      expect(tokens(choose([logits, logits], [{ temperature, random }, {}]))).toEqual([2, 2]);
    expect(tokens(choose([logits], [{ temperature: 1, topP: 1e-300, random }]))).toEqual([2]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('gives null for a row with one %s in it', (broken) => {
    const random = Random.derive(1, 'test');
    const logits = [1, 2, broken];
    const rows = [{ temperature: 1, random }, {}, {}].map((row) => ({ ...row, logprobs: 'policy' as const }));
    expect(tokens(choose([logits, logits, [0, 1, 0]], rows))).toEqual([undefined, undefined, 1]);
    expect(tokens(choose([logits, logits, [0, 1, 0]], [{ temperature: 1, random }, {}, {}]))).toEqual([
      undefined,
      undefined,
      1,
    ]);
  });

  it('gives null for a row of NaN and leaves the others alone', () => {
    expect(
      tokens(
        choose(
          [
            [Number.NaN, Number.NaN],
            [0, 1],
          ],
          [{}, {}],
        ),
      ),
    ).toEqual([undefined, 1]);
  });
});
