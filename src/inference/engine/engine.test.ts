import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { Random } from '../../random.ts';
import { sample } from '../../rl/rollout/index.ts';
import { memory, noGrad, scope } from '../../torch/index.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { collect, GREEDY } from './testing.ts';

const model = formulaModel();
afterAll(() => model.dispose());

const OPTIONS: EngineOptions = { maxRows: 8, context: 64, blockSize: 4, cacheTokens: 512, prefillTokens: 16 };

function withEngine<T>(options: Partial<EngineOptions>, use: (engine: Engine) => T): T {
  const engine = new Engine(model, { ...OPTIONS, ...options });
  try {
    return use(engine);
  } finally {
    engine.dispose();
  }
}

function runOut(engine: Engine): void {
  for (let steps = 0; engine.busy; steps++) {
    if (steps > 5000) throw new Error('the engine does not come to an end');
    engine.step();
  }
}

/** What the sampler that trains gives. */
function expected(prompt: readonly number[], maxTokens: number): number[] {
  const options = { temperature: 0, groupSize: 1, maxTokens, stopTokens: [] };
  return Array.from(sample(model, [Int32Array.from(prompt)], options)[0]![0]!.tokens);
}

const requests = fc.array(
  fc.record({
    prompt: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 }),
    most: fc.integer({ min: 1, max: 20 }),
    delay: fc.nat(6),
  }),
  { minLength: 1, maxLength: 10 },
);

describe('Engine', () => {
  it('gives what the training sampler gives, whatever shares the batch, the cache and the blocks', () => {
    fc.assert(
      fc.property(
        requests,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 64, max: 160 }),
        (list, maxRows, cacheTokens) => {
          withEngine({ maxRows, cacheTokens }, (engine) => {
            const made = list.map(({ prompt, most }) => collect(prompt, most));
            for (const [i, { sequence }] of made.entries()) {
              engine.add(sequence);
              for (let step = 0; step < list[i]!.delay; step++) engine.step();
            }
            runOut(engine);
            for (const [i, { out }] of made.entries()) {
              expect(out.tokens).toEqual(expected(list[i]!.prompt, list[i]!.most));
            }
            expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0 });
          });
        },
      ),
      { numRuns: 20, seed: 7 },
    );
  });

  it('takes the cached beginning of a prompt, and says how much', () => {
    withEngine({}, (engine) => {
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

  it('reads the prompt of several replies once', () => {
    withEngine({}, (engine) => {
      const prompt = Array.from({ length: 13 }, (_, i) => i);
      const first = collect(prompt, 3);
      const others = [1, 2].map(() => collect(prompt, 3, GREEDY, first.sequence));
      for (const { sequence } of [first, ...others]) engine.add(sequence);
      runOut(engine);
      expect(others.map(({ out }) => out.cached)).toEqual([12, 12]);
      for (const { out } of others) expect(out.tokens).toEqual(first.out.tokens);
    });
  });

  it('sends the youngest back where blocks run out, and it ends as if nothing had been', () => {
    withEngine({ context: 40, cacheTokens: 40 }, (engine) => {
      const made = [3, 4, 5].map((start) => collect([start, start + 1, start + 2], 30));
      for (const { sequence } of made) engine.add(sequence);
      runOut(engine);
      expect(engine.stats.preemptions).toBeGreaterThan(0);
      for (const [i, { out }] of made.entries()) {
        expect(out.tokens).toEqual(expected([i + 3, i + 4, i + 5], 30));
      }
    });
  });

  it('holds up a sequence whose reader lags behind, and only that one', () => {
    withEngine({}, (engine) => {
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
      expect(slow.out.tokens).toEqual(expected([1, 2], 12));
    });
  });

  it('takes a sequence out at once, running or waiting', () => {
    withEngine({ maxRows: 1 }, (engine) => {
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
    withEngine({ context: 10 }, (engine) => {
      const { sequence, out } = collect([1, 2, 3], 99);
      engine.add(sequence);
      runOut(engine);
      expect(out.tokens).toEqual(expected([1, 2, 3], 7));
    });
  });

  it('draws the same from the same seed, whoever shares the batch', () => {
    const draw = (others: number): number[] =>
      withEngine({}, (engine) => {
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
    withEngine({}, (engine) => {
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
    expect([beside.out.tokens, after.out.tokens]).toEqual([expected(sound, 3), expected(sound, 3)]);
    engine.dispose();
    broken.dispose();
  });

  it('keeps cached beginnings while a long prompt waits for room', () => {
    withEngine({ cacheTokens: 64 }, (engine) => {
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
    withEngine({}, (engine) => {
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
      expect(sound.out.tokens).toEqual(expected([5, 6], 9));
      expect(engine.stats.cacheBlocksUsed).toBe(0);
    });
  });

  it('leaves no tensor behind', () => {
    withEngine({}, (engine) => {
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
