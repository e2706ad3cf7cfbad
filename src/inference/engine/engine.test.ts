import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { runs } from '../../../tests/support/long.ts';
import { Random } from '../../random.ts';
import { indices, memory, noGrad, scope } from '../../torch/index.ts';
import { Engine } from './engine.ts';
import { type Chosen, Prompt } from './sequence.ts';
import { collect, GREEDY, OPTIONS, runOut, smallEngines, withEngine } from './testing.ts';

const model = formulaModel();
afterAll(() => model.dispose());

/**
 * Each token is the most probable one after all before it, by a pass over the whole without cache and batch. Where two
 * are as probable, sums in another order may choose either.
 */
function expectGreedy(prompt: readonly number[], tokens: readonly number[], count: number): void {
  expect(tokens).toHaveLength(count);
  const all = [...prompt, ...tokens];
  scope(() => {
    const logits = noGrad(() => model.forward({ tokens: indices(all, [1, all.length]) })).select(0, 0);
    const before = logits.narrow(0, prompt.length - 1, count);
    const chosen = before.gather(1, indices(tokens, [count, 1])).squeeze(1);
    expect(before.amax(-1).sub(chosen).max().item()).toBeLessThan(1e-5);
  });
}

/** A prompt and the scores told of it so far. */
function scored(tokens: readonly number[], top: number) {
  const scores: Chosen[] = [];
  const prompt = new Prompt(tokens, { top, take: (some) => void scores.push(...some) });
  return { prompt, scores };
}

/** Each is what one pass over the whole without a cache says, and the alternatives are its most probable tokens. */
function expectScores(tokens: readonly number[], scores: readonly Chosen[], top: number): void {
  expect(scores.map(({ token }) => token)).toEqual(tokens.slice(1));
  scope(() => {
    const logits = noGrad(() => model.forward({ tokens: indices(tokens, [1, tokens.length]) })).select(0, 0);
    const [V, all] = [logits.size(1), logits.logSoftmax(-1).flatten().toFloat32Array()];
    for (const [i, score] of scores.entries()) {
      const row = all.subarray(i * V, (i + 1) * V);
      expect(Math.abs(score.logprob! - row[score.token]!)).toBeLessThan(1e-5);
      const best = Float32Array.from(row).sort().reverse().slice(0, top);
      expect(score.top).toHaveLength(top);
      for (const [k, one] of score.top.entries()) {
        expect(Math.abs(one.logprob - best[k]!)).toBeLessThan(1e-5);
        expect(Math.abs(one.logprob - row[one.token]!)).toBeLessThan(1e-5);
      }
    }
  });
}

const requests = fc.array(
  fc.record({
    prompt: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 }),
    most: fc.integer({ min: 1, max: 20 }),
    delay: fc.nat(6),
    replies: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 7 },
);

describe('Engine', () => {
  it('gives the greedy tokens of the model, whatever shares the batch, the cache and the blocks', () => {
    fc.assert(
      fc.property(requests, smallEngines, (list, options) => {
        withEngine(model, options, (engine) => {
          const made = list.map(({ prompt, most, replies }) => {
            const shared = new Prompt(prompt);
            return Array.from({ length: replies }, (_, i) => collect(shared, most + i));
          });
          for (const [i, replies] of made.entries()) {
            for (const { sequence } of replies) engine.add(sequence);
            for (let step = 0; step < list[i]!.delay; step++) engine.step();
          }
          runOut(engine);
          for (const [i, replies] of made.entries()) {
            const { prompt, most } = list[i]!;
            for (const [k, { out }] of replies.entries()) {
              expectGreedy(prompt, out.tokens, most + k);
            }
          }
          expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0 });
        });
      }),
      { numRuns: runs(20, 400), seed: 7 },
    );
  });

  it('takes the cached beginning of a prompt, and says how much', () => {
    withEngine(model, {}, (engine) => {
      const prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9];
      const first = collect(prompt, 5);
      engine.add(first.sequence);
      runOut(engine);
      const second = collect([...prompt.slice(0, 7), 20, 21], 5);
      engine.add(second.sequence);
      runOut(engine);
      expect([first.out.cached, second.out.cached]).toEqual([0, 4]);
      expect(engine.stats).toMatchObject({ promptTokens: 18, cachedTokens: 4, generatedTokens: 10 });
    });
  });

  it.each([4, 64])('reads the prompt of several replies once, in blocks of %i', (blockSize) => {
    withEngine(model, { blockSize, maxRows: 2 }, (engine) => {
      const tokens = Array.from({ length: 13 }, (_, i) => i);
      const prompt = new Prompt(tokens);
      const made = [3, 9, 5, 7].map((most) => collect(prompt, most));
      for (const { sequence } of made) engine.add(sequence);
      const read = vi.spyOn(model, 'hidden');
      runOut(engine);
      const sizes = read.mock.calls.map(([{ tokens: some }]) => some.shape.join('×'));
      read.mockRestore();
      expect(sizes.filter((size) => !size.endsWith('×1'))).toEqual(['1×13']);
      expect(made.map(({ out }) => out.cached)).toEqual([0, 13, 13, 13]);
      for (const [i, { out }] of made.entries()) expectGreedy(tokens, out.tokens, [3, 9, 5, 7][i]!);
    });
  });

  it('reads a prompt again where its blocks had to be given up', () => {
    withEngine(model, { context: 32, cacheTokens: 32, maxRows: 3 }, (engine) => {
      const tokens = Array.from({ length: 14 }, (_, i) => i % 5);
      const prompt = new Prompt(tokens);
      const made = [12, 13, 14].map((most) => collect(prompt, most));
      for (const { sequence } of made) engine.add(sequence);
      runOut(engine);
      for (const [i, { out }] of made.entries()) expectGreedy(tokens, out.tokens, 12 + i);
      expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0 });
    });
  });

  it('takes the replies to a prompt out one by one, before and after it has been read', () => {
    withEngine(model, { maxRows: 2 }, (engine) => {
      const prompt = new Prompt([1, 2, 3, 4, 5, 6]);
      const made = [0, 1, 2, 3].map(() => collect(prompt, 8));
      for (const { sequence } of made) engine.add(sequence);
      engine.cancel(made[0]!.sequence);
      engine.step();
      engine.cancel(made[1]!.sequence);
      engine.cancel(made[3]!.sequence);
      runOut(engine);
      expectGreedy([1, 2, 3, 4, 5, 6], made[2]!.out.tokens, 8);
      expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0 });
    });
  });

  it('sends the youngest back where blocks run out, and it ends as if nothing had been', () => {
    withEngine(model, { context: 40, cacheTokens: 40 }, (engine) => {
      const made = [3, 4, 5].map((start) => collect([start, start + 1, start + 2], 30));
      for (const { sequence } of made) engine.add(sequence);
      runOut(engine);
      expect(engine.stats.preemptions).toBeGreaterThan(0);
      for (const [i, { out }] of made.entries()) {
        expectGreedy([i + 3, i + 4, i + 5], out.tokens, 30);
      }
    });
  });

  it('holds up a sequence whose reader lags behind, and only that one', () => {
    withEngine(model, {}, (engine) => {
      const [slow, quick] = [collect([1, 2], 12), collect([3, 4], 12)];
      for (const { sequence } of [slow, quick]) engine.add(sequence);
      engine.step();
      engine.step();
      slow.out.ready = false;
      const before = slow.out.tokens.length;
      while (!quick.out.ended) engine.step();
      expect(slow.out.tokens).toHaveLength(before);
      expect([engine.busy, engine.step()]).toEqual([false, false]);
      slow.out.ready = true;
      runOut(engine);
      expectGreedy([1, 2], slow.out.tokens, 12);
    });
  });

  it.each([1, 3, 16, 100])('scores a prompt while it is read, %i tokens at a time', (prefillTokens) => {
    withEngine(model, { prefillTokens }, (engine) => {
      const random = Random.derive(3, 'scored');
      const tokens = Array.from({ length: 40 }, () => random.int(0, 23));
      // Its blocks are in the cache: it is read all the same.
      engine.add(collect(tokens, 1).sequence);
      runOut(engine);
      const { prompt, scores } = scored(tokens, 3);
      const replies = [collect(prompt, 2), collect(prompt, 2), collect([1, 2, 3], 5)];
      for (const { sequence } of replies) engine.add(sequence);
      runOut(engine);
      expectScores(tokens, scores, 3);
      expect(replies.map(({ out }) => out.tokens.length)).toEqual([2, 2, 5]);
      expect(replies[0]!.out.cached).toBe(0);
    });
  });

  it('reads a prompt of a whole context without a reply, and scores it', () => {
    withEngine(model, {}, (engine) => {
      const tokens = Array.from({ length: OPTIONS.context }, (_, i) => (i * 7) % 24);
      const { prompt, scores } = scored(tokens, 0);
      const { sequence, out } = collect(prompt, 0);
      engine.add(sequence);
      runOut(engine);
      expectScores(tokens, scores, 0);
      expect(out.tokens).toEqual([]);
      expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0, generatedTokens: 0 });
    });
  });

  it('tells no score twice where a prompt is read again for want of blocks', () => {
    withEngine(model, { cacheTokens: 64, prefillTokens: 4 }, (engine) => {
      const tokens = Array.from({ length: 40 }, (_, i) => (i * 5) % 24);
      const { prompt, scores } = scored(tokens, 0);
      const long = collect([1, 2], 40);
      const replies = [collect(prompt, 3), collect(prompt, 3), collect(prompt, 3)];
      for (const { sequence } of [long, ...replies]) engine.add(sequence);
      runOut(engine);
      expectScores(tokens, scores, 0);
      for (const { out } of replies) expectGreedy(tokens, out.tokens, 3);
    });
  });

  it('takes a sequence out at once, running or waiting', () => {
    withEngine(model, { maxRows: 1 }, (engine) => {
      const [running, waiting] = [collect([1, 2], 50), collect([3, 4], 50)];
      for (const { sequence } of [running, waiting]) engine.add(sequence);
      engine.step();
      engine.cancel(waiting.sequence);
      engine.cancel(running.sequence);
      expect(engine.busy).toBe(false);
      expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0 });
      expect(running.out.tokens).toHaveLength(1);
    });
  });

  it('ends at the end of the context', () => {
    withEngine(model, { context: 10 }, (engine) => {
      const { sequence, out } = collect([1, 2, 3], 99);
      engine.add(sequence);
      runOut(engine);
      expectGreedy([1, 2, 3], out.tokens, 7);
    });
  });

  it('draws the same from the same seed, whoever shares the batch', () => {
    const draw = (others: number): number[] =>
      withEngine(model, {}, (engine) => {
        const sampling = { ...GREEDY, temperature: 1, random: Random.derive(5, 'test') };
        for (let i = 0; i < others; i++) {
          const noisy = { ...GREEDY, temperature: 1.5, topP: 0.9, random: Random.derive(i, 'test') };
          engine.add(collect([i], 30, noisy).sequence);
        }
        const { sequence, out } = collect([7, 8, 9], 20, sampling);
        engine.add(sequence);
        runOut(engine);
        return out.tokens;
      });
    expect(draw(0)).toEqual(draw(4));
  });

  it('obeys forced and allowed tokens', () => {
    withEngine(model, {}, (engine) => {
      const forced = collect([1], 6);
      forced.out.rule = { forced: 17, allowed: null };
      const allowed = collect([1], 6);
      allowed.out.rule = { forced: null, allowed: { key: 'a', ids: Int32Array.of(3, 5) } };
      for (const { sequence } of [forced, allowed]) engine.add(sequence);
      runOut(engine);
      expect(forced.out.tokens).toEqual(Array.from({ length: 6 }, () => 17));
      expect(allowed.out.tokens.every((token) => token === 3 || token === 5)).toBe(true);
    });
  });

  it('ends a sequence whose logits are NaN with an error, and frees its blocks', () => {
    const broken = formulaModel();
    noGrad(() => broken.parameters()[0]!.fill_(Number.NaN));
    const engine = new Engine(broken, OPTIONS);
    const { sequence, out } = collect([1, 2], 5);
    engine.add(sequence);
    runOut(engine);
    expect(String(out.error)).toContain('not finite');
    expect(engine.stats.cacheBlocksUsed).toBe(0);
    const { prompt, scores } = scored([1, 2, 3], 0);
    const both = [collect(prompt, 0), collect(prompt, 0)];
    for (const one of both) engine.add(one.sequence);
    runOut(engine);
    expect(both.map((one) => String(one.out.error))).toEqual(
      Array(2).fill(expect.stringContaining('not finite')),
    );
    expect(scores).toEqual([]);
    expect(engine.stats.cacheBlocksUsed).toBe(0);
    engine.dispose();
    broken.dispose();
  });

  it('leaves nothing of a sequence with NaN in it to others, in the same batch or after it', () => {
    const broken = formulaModel();
    noGrad(() =>
      scope(() => broken.stateDict().get('model.embed_tokens.weight')!.select(0, 23).fill_(Number.NaN)),
    );
    // Head and embedding are two tensors here: no other prompt is hurt by the one row.
    const engine = new Engine(broken, { ...OPTIONS, cacheTokens: 64 });
    const ask = (prompt: readonly number[]): ReturnType<typeof collect> => {
      const made = collect(prompt, 3);
      engine.add(made.sequence);
      return made;
    };
    const sound = [4, 3, 2, 1, 2, 3, 4];
    const long = Array.from({ length: 50 }, (_, i) => (i === 1 ? 23 : i % 9));
    const [bad, beside] = [ask([9, 23, 4]), ask(sound)];
    runOut(engine);
    const worse = ask(long);
    runOut(engine);
    const after = ask(sound);
    runOut(engine);
    expect([bad, worse].map(({ out }) => String(out.error))).toEqual([
      expect.stringContaining('not finite'),
      expect.stringContaining('not finite'),
    ]);
    for (const { out } of [beside, after]) expectGreedy(sound, out.tokens, 3);
    engine.dispose();
    broken.dispose();
  });

  it('keeps cached beginnings while a long prompt waits for room', () => {
    withEngine(model, { cacheTokens: 64 }, (engine) => {
      const prompt = Array.from({ length: 17 }, (_, i) => i % 7);
      const first = collect(prompt, 1);
      engine.add(first.sequence);
      runOut(engine);
      const running = collect([9, 8, 7, 6], 20);
      engine.add(running.sequence);
      engine.step();
      const long = collect(
        Array.from({ length: 61 }, (_, i) => 10 + (i % 9)),
        1,
      );
      engine.add(long.sequence);
      engine.step();
      engine.cancel(long.sequence);
      const again = collect(prompt, 1);
      engine.add(again.sequence);
      engine.step();
      expect(again.out.cached).toBe(16);
    });
  });

  it('ends a reply that fails, and only that one', () => {
    withEngine(model, {}, (engine) => {
      const failing = [collect([1, 2], 9), collect([3, 4], 9)];
      failing[0]!.out.constrain = () => {
        throw new Error('no rule');
      };
      failing[1]!.out.accept = () => {
        throw new Error('not taken');
      };
      const sound = collect([5, 6], 9);
      for (const { sequence } of [...failing, sound]) engine.add(sequence);
      runOut(engine);
      expect(failing.map(({ out }) => String(out.error))).toEqual(['Error: no rule', 'Error: not taken']);
      expectGreedy([5, 6], sound.out.tokens, 9);
      expect(engine.stats.cacheBlocksUsed).toBe(0);
    });
  });

  it('leaves no tensor behind', () => {
    withEngine(model, {}, (engine) => {
      const round = (): void => {
        for (let i = 0; i < 5; i++) engine.add(collect([i, i + 1], 10).sequence);
        runOut(engine);
      };
      round();
      const before = memory().tensors;
      for (let i = 0; i < 5; i++) round();
      expect(memory().tensors).toBe(before);
    });
  });
});
