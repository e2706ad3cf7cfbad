import { describe, expect, it } from 'vitest';
import { aten, ones, rand, randn } from './functional.ts';
import { Generator, manualSeed } from './generator.ts';
import { scope } from './scope.ts';
import { memory } from './system.ts';
import type { Tensor } from './tensor.ts';

const draw = (generator?: Generator): number[] =>
  scope(() => randn([4], generator ? { generator } : {}).toArray());

describe('Generator', () => {
  it('draws the same from the same seed, and otherwise not', () => {
    expect(draw(new Generator(7))).toEqual(draw(new Generator(7)));
    expect(draw(new Generator(7))).not.toEqual(draw(new Generator(8)));
  });

  it('takes every seed of 64 bits and says it again', () => {
    for (const seed of [0, 1, 2 ** 40, Number.MAX_SAFE_INTEGER])
      expect(Number(new Generator(seed).seed)).toBe(seed);
    const large = 2n ** 62n + 3n;
    expect(BigInt(new Generator(large).seed)).toBe(large);
    expect(draw(new Generator(large))).not.toEqual(draw(new Generator(2n ** 62n)));
  });

  it('goes on from a saved state exactly', () => {
    const generator = new Generator(3);
    draw(generator);
    const state = generator.state();
    const [first, second] = [draw(generator), draw(generator)];
    expect(first).not.toEqual(second);
    generator.setState(state);
    expect([draw(generator), draw(generator)]).toEqual([first, second]);
    const other = new Generator(99);
    other.setState(Uint8Array.from(state));
    expect(draw(other)).toEqual(first);
  });

  it('refuses a state that is none', () => {
    expect(() => new Generator(1).setState(new Uint8Array(5))).toThrow(/state/i);
  });

  it('is a stream of its own, apart from the default one', () => {
    manualSeed(1);
    const expected = [draw(), draw()];
    manualSeed(1);
    const generator = new Generator(1);
    const found = [draw(), draw(generator), draw()];
    expect([found[0], found[2]]).toEqual(expected);
  });

  it('is taken by every operator that draws', () => {
    scope(() => {
      const sample = (): number[] =>
        (aten('multinomial')(ones([50]), 10, false, new Generator(5)) as Tensor).toArray();
      expect(sample()).toEqual(sample());
      expect(() => rand([1], { generator: 3 as unknown as Generator })).toThrow(
        /aten::rand\.generator: argument "generator" \(Generator\??\): expected a Generator, got/,
      );
    });
  });

  it('leaves no tensor behind', () => {
    const before = memory().tensors;
    const generator = new Generator(1);
    generator.setState(generator.state());
    expect(memory().tensors).toBe(before);
  });
});

describe('manualSeed', () => {
  it('seeds the default stream', () => {
    manualSeed(42);
    const first = draw();
    manualSeed(42);
    expect(draw()).toEqual(first);
  });
});
