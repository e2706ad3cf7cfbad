import { afterAll, describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { UserError } from '../../errors.ts';
import { memory, noGrad } from '../../torch/index.ts';
import { type SampleOptions, sample } from './sample.ts';

const model = formulaModel();
afterAll(() => model.dispose());

const PROMPTS = [[1, 2, 3], [4], [5, 6, 7, 8, 9], [2, 2]].map((ids) => Int32Array.from(ids));
const OPTIONS: SampleOptions = {
  temperature: 1,
  groupSize: 5,
  maxTokens: 20,
  // Some rows end early, some late, some not at all.
  stopTokens: [3, 11],
  seed: 1,
};

const tokensOf = (options: Partial<SampleOptions>, prompts = PROMPTS): number[][] =>
  sample(model, prompts, { ...OPTIONS, ...options })
    .flat()
    .map(({ tokens }) => Array.from(tokens));

describe('sample', () => {
  it('gives each row the same, however many are decoded at once', () => {
    const whole = tokensOf({});
    expect(new Set(whole.map(({ length }) => length)).size).toBeGreaterThan(3);
    for (const maxRows of [1, 3, 8, 19]) expect(tokensOf({ maxRows })).toEqual(whole);
  });

  it.each<[string, Partial<SampleOptions>, Int32Array[]]>([
    ['prompt 1 has no tokens', {}, [Int32Array.of(1), new Int32Array(0)]],
    ['maxTokens 0', { maxTokens: 0 }, PROMPTS],
    ['maxRows 0', { maxRows: 0 }, PROMPTS],
    ['groupSize 0.5', { groupSize: 0.5 }, PROMPTS],
    ['temperature NaN', { temperature: NaN }, PROMPTS],
    ['temperature -1', { temperature: -1 }, PROMPTS],
    ['topP 0', { topP: 0 }, PROMPTS],
    ['topK -1', { topK: -1 }, PROMPTS],
  ])('refuses %s instead of waiting for ever', (message, options, prompts) => {
    expect(() => sample(model, prompts, { ...OPTIONS, ...options })).toThrow(message);
  });

  it('lets a response hold limited tokens so many times and no more', () => {
    const count = (tokens: readonly number[]) => tokens.filter((token) => token === 5 || token === 6).length;
    const free = tokensOf({ stopTokens: [] });
    expect(Math.max(...free.map(count))).toBeGreaterThan(2);
    for (const most of [0, 1, 2]) {
      const limited = tokensOf({ stopTokens: [], limit: { tokens: [5, 6], most } });
      expect(Math.max(...limited.map(count))).toBe(most);
      // Nothing else changes before the limit is reached.
      for (const [row, tokens] of limited.entries()) {
        const same = free[row]!.findIndex((token, i) => token !== tokens[i]);
        if (same !== -1) expect(count(tokens.slice(0, same))).toBe(most);
      }
    }
  });

  it('makes responses of some tokens only, the likeliest of them where it is greedy', () => {
    const only = [7, 2];
    for (const tokens of tokensOf({ only, stopTokens: [] })) {
      expect(tokens.every((token) => only.includes(token))).toBe(true);
    }
    const one = { temperature: 0, groupSize: 1, maxTokens: 1, stopTokens: [] };
    const logprobs = (token: number) =>
      sample(model, PROMPTS, { ...OPTIONS, ...one, only: [token] })
        .flat()
        .map((response) => response.logprobs[0]!);
    const [sevens, twos] = [logprobs(7), logprobs(2)];
    expect(tokensOf({ ...one, only }).flat()).toEqual(PROMPTS.map((_, i) => (sevens[i]! > twos[i]! ? 7 : 2)));
  });

  it('ends a response where it is told that it ends, as a stop token does', () => {
    const ends = (tokens: readonly number[]) => tokens.length === 4;
    const free = tokensOf({ stopTokens: [] });
    const ended = sample(model, PROMPTS, { ...OPTIONS, stopTokens: [], ends }).flat();
    expect(ended.map(({ finish }) => finish)).toEqual(ended.map(() => 'stop'));
    expect(ended.map(({ tokens }) => [...tokens])).toEqual(free.map((tokens) => tokens.slice(0, 4)));
  });

  it('draws by seed, prompt and place in the group', () => {
    expect(tokensOf({ seed: 1 })).toEqual(tokensOf({}));
    expect(tokensOf({ seed: 2 })).not.toEqual(tokensOf({}));
    expect(tokensOf({ groupSize: 2 })).toEqual(tokensOf({}).filter((_, row) => row % 5 < 2));
  });

  it('ends rows at a stop token, which belongs to them, or at the longest length', () => {
    for (const { tokens, logprobs, finish } of sample(model, PROMPTS, OPTIONS).flat()) {
      expect(logprobs).toHaveLength(tokens.length);
      const stops = OPTIONS.stopTokens.includes(tokens.at(-1)!);
      expect(finish).toBe(stops ? 'stop' : 'length');
      if (!stops) expect(tokens).toHaveLength(20);
      expect(tokens.slice(0, -1).some((token) => OPTIONS.stopTokens.includes(token))).toBe(false);
    }
  });

  it('tells of each token as it comes', () => {
    const told = PROMPTS.flatMap(() => [0, 1]).map((): number[] => []);
    const given = tokensOf({ groupSize: 2, onToken: (row, token) => void told[row]!.push(token) });
    expect(told).toEqual(given);
  });

  it('stops when it is asked to, and leaves what there is', () => {
    const abort = new AbortController();
    const given = tokensOf({
      temperature: 0,
      stopTokens: [],
      signal: abort.signal,
      onToken: (row, token) => {
        if (row === 7) abort.abort(token);
      },
    });
    expect(Math.max(...given.map(({ length }) => length))).toBeLessThan(4);
  });

  it('leaves no tensor behind', () => {
    tokensOf({ maxRows: 3 });
    const before = memory().tensors;
    tokensOf({ maxRows: 3 });
    expect(memory().tensors).toBe(before);
    expect(sample(model, [], OPTIONS)).toEqual([]);
  });

  it('refuses a model whose logits are NaN instead of repeating token 0', () => {
    const broken = formulaModel();
    noGrad(() => broken.parameters()[0]!.fill_(Number.NaN));
    for (const temperature of [0, 1]) {
      const draw = () => sample(broken, [Int32Array.of(1, 2)], { ...OPTIONS, temperature });
      expect(draw).toThrow(UserError);
      expect(draw).toThrow('logits that are not finite');
    }
    broken.dispose();
  });
});
