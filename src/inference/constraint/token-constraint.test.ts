import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../../../tests/support/byte-tokenizer.ts';
import { fits } from '../../../tests/support/json-schema.ts';
import { runs } from '../../../tests/support/long.ts';
import type { Json } from '../../records.ts';
import { ToolCallParser, tokenBytes } from '../../text/index.ts';
import type { Grammar } from './grammar.ts';
import { jsonObjectGrammar } from './json-object.ts';
import { jsonSchemaGrammar } from './schema.ts';
import { randomAnswer, SCHEMAS, vocabularies } from './testing.ts';
import { ConstraintVocabulary, TokenConstraint } from './token-constraint.ts';
import { toolCallGrammar } from './tool-call.ts';

/** Every byte is a token. */
const BYTES = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
const seeds = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });
const beyond = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 }));

/** The same, with an end token behind the vocabulary. */
const withEnd = (vocabulary: readonly Uint8Array[]): readonly (Uint8Array | null)[] => [...vocabulary, null];

const constrain = (
  grammar: Grammar,
  tokens: readonly (Uint8Array | null)[],
  eosIds: readonly number[],
): TokenConstraint => new TokenConstraint(grammar, new ConstraintVocabulary(tokens, eosIds));

describe('an answer of random allowed tokens', () => {
  it('is a JSON object, however few tokens there are', () => {
    fc.assert(
      fc.property(vocabularies, beyond, seeds, (vocabulary, extra, choices) => {
        const constraint = constrain(jsonObjectGrammar(), vocabulary, []);
        const text = randomAnswer(constraint, vocabulary, constraint.minimumTokens + extra, choices);
        expect(fits(JSON.parse(text) as Json, { type: 'object' })).toBe(true);
      }),
      { numRuns: runs(150, 3_000) },
    );
  });

  it.each(Object.entries(SCHEMAS))('fits the schema of %s', (_, schema) => {
    const grammar = jsonSchemaGrammar(schema);
    fc.assert(
      fc.property(vocabularies, beyond, seeds, (bytes, extra, choices) => {
        const vocabulary = withEnd(bytes);
        const constraint = constrain(grammar, vocabulary, [vocabulary.length - 1]);
        const text = randomAnswer(constraint, vocabulary, constraint.minimumTokens + extra, choices);
        expect(fits(JSON.parse(text) as Json, schema), text).toBe(true);
      }),
      { numRuns: runs(40, 1_600) },
    );
  });

  it('is a call that the parser reads', () => {
    const parameters = SCHEMAS.object!;
    const tools = ['f', 'get_weather'].map(
      (name): Json => ({ type: 'function', function: { name, parameters } }),
    );
    const grammar = toolCallGrammar('hermes', tools, null);
    fc.assert(
      fc.property(vocabularies, beyond, seeds, (vocabulary, extra, choices) => {
        const constraint = constrain(grammar, vocabulary, []);
        const text = randomAnswer(constraint, vocabulary, constraint.minimumTokens + extra, choices);
        const parser = new ToolCallParser({ syntaxes: ['hermes'] });
        const calls = [parser.push(text), parser.end()].flatMap((piece) => piece.calls);
        expect(fits(JSON.parse(calls.map((delta) => delta.arguments).join('')) as Json, parameters)).toBe(
          true,
        );
      }),
      { numRuns: runs(50, 1_000) },
    );
  });

  it('ends where the vocabulary lacks bytes', () => {
    // Neither digits nor the tails of UTF-8: what begins with them is never begun.
    const texts = ['{', '}', '"', ':', ',', 'a', '[', ']', 'true', '\\', 'n', '\\u', '\u00e9', '{"', '":'];
    const vocabulary = [...texts.map((text) => Buffer.from(text)), Uint8Array.of(0xc3)];
    const constraint = constrain(jsonObjectGrammar(), vocabulary, []);
    fc.assert(
      fc.property(beyond, seeds, (extra, choices) => {
        const text = randomAnswer(constraint, vocabulary, constraint.minimumTokens + extra, choices);
        expect(fits(JSON.parse(text) as Json, { type: 'object' })).toBe(true);
      }),
    );
  });
});

describe('TokenConstraint', () => {
  it('lets every token through that continues a text that fits', () => {
    // Numbers stay below 1e308.
    const value = fc.jsonValue({ maxDepth: 2 }).filter((json) => !/e\+308/.test(JSON.stringify(json)));
    const object = fc.dictionary(fc.string({ unit: 'binary' }), value, { maxKeys: 3 });
    fc.assert(
      fc.property(vocabularies, object, (vocabulary, written) => {
        const constraint = constrain(jsonObjectGrammar(), vocabulary, []);
        const text = Buffer.from(JSON.stringify(written));
        let cursor = constraint.start();
        for (let at = 0; at < text.length; ) {
          const fitting = vocabulary.map((token) =>
            text.subarray(at, at + token.length).equals(token) ? token.length : 0,
          );
          const token = fitting.lastIndexOf(Math.max(...fitting));
          const allowed = new Set(cursor.allowed(1e6).ids);
          expect(fitting.every((length, id) => length === 0 || allowed.has(id))).toBe(true);
          cursor = cursor.advance(token);
          at += fitting[token]!;
        }
        expect(cursor.finished).toBe(true);
      }),
      { numRuns: runs(25, 500) },
    );
  });

  it('ends an answer that has begun with whatever it allows', () => {
    const constraint = constrain(jsonObjectGrammar(), withEnd(BYTES), [256]);
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
    fc.assert(
      fc.property(object, fc.nat(), beyond, seeds, (value, at, extra, choices) => {
        // -0 and numbers above 1e308 aside, what is written is as JSON.stringify spells it.
        fc.pre(!/e\+308/.test(JSON.stringify(value)));
        const letters = Array.from(JSON.stringify(value));
        const written = letters.slice(0, at % (letters.length + 1)).join('');
        const { cursor, minimumTokens } = constraint.startAfter(Buffer.from(written));
        const rest = randomAnswer(constraint, withEnd(BYTES), minimumTokens + extra, choices, cursor);
        expect(JSON.parse(written + rest)).toBeInstanceOf(Object);
      }),
      { numRuns: runs(100, 2_000) },
    );
  });

  it('begins an answer behind words, and refuses to continue what is none', () => {
    const schema = { type: 'object', properties: { a: { const: 1 } }, additionalProperties: false };
    const constraint = constrain(jsonSchemaGrammar(schema), withEnd(BYTES), [256]);
    const rest = (written: string): string => {
      const { cursor, minimumTokens } = constraint.startAfter(Buffer.from(written));
      return randomAnswer(constraint, withEnd(BYTES), minimumTokens, [0], cursor).trim();
    };
    expect(['', ' \n', 'Here it is:\n', '\n{', '{"a": 1}'].map(rest)).toEqual(['{ }', '{ }', '{ }', '}', '']);
    for (const written of ['{"b"', '{"a": 2', '{} so'])
      expect(() => rest(written)).toThrow('is no beginning');
    const object = constrain(jsonObjectGrammar(), BYTES, []);
    expect(() => object.startAfter(Buffer.from('{}'))).toThrow('is no beginning');
  });

  it('refuses a format whose shortest text is too long to be kept in view', () => {
    const made = (minLength: number): TokenConstraint =>
      constrain(jsonSchemaGrammar({ type: 'string', minLength }), withEnd(BYTES), [256]);
    expect(made(3070).minimumTokens).toBe(3073);
    expect(() => made(3071)).toThrow('has 3073 bytes; at most 3072');
  });

  it('ends its search in a grammar of too many readings, and still ends the answer', () => {
    const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
    const pairs = letters.flatMap((a) => letters.map((b) => a + b));
    const words = pairs.flatMap((pair) => letters.map((c) => pair + c));
    const vocabulary = [...BYTES, ...[...pairs, ...words].map((word) => Buffer.from(word)), null];
    const anyOf = Array.from({ length: 400 }, (_, i) => ({ type: 'string', maxLength: 10 + i }));
    const grammar = jsonSchemaGrammar({ type: 'array', items: { anyOf }, minItems: 2 });
    const constraint = constrain(grammar, vocabulary, [vocabulary.length - 1]);
    const inside = constraint.start().advance(0x5b).advance(0x22);
    const before = grammar.work;
    const { ids } = inside.allowed(50);
    // Three million, what the last step took, and the ends.
    expect(grammar.work - before).toBeLessThan(3_500_000);
    expect(ids.length).toBeGreaterThan(1_000);
    expect(ids.length).toBeLessThan(vocabulary.length / 2);
    expect([...inside.allowed(constraint.minimumTokens - 2).ids]).toContain(0x22);
    const text = randomAnswer(constraint, vocabulary, constraint.minimumTokens + 3, [7, 0, 11]);
    expect(JSON.parse(text)).toBeInstanceOf(Array);
  });

  it('needs one token of a minimum answer and one of the end', () => {
    const constraint = constrain(jsonObjectGrammar(), [...BYTES, Buffer.from('{}')], []);
    expect(constraint.minimumTokens).toBe(2);
    expect([...constraint.start().allowed(1).ids]).toEqual([256]);
  });

  it('ends a number with an end token', () => {
    const constraint = constrain(jsonSchemaGrammar({ type: 'integer' }), [...BYTES, null], [256]);
    expect(constraint.minimumTokens).toBe(2);
    const one = constraint.start().advance(0x31);
    expect(one.finished).toBe(false);
    expect([...one.allowed(1).ids]).toEqual([256]);
    expect([...one.allowed(2).ids].sort((a, b) => a - b)).toEqual([...Buffer.from('0123456789'), 256]);
    expect(one.advance(256).finished).toBe(true);
    expect(() => constraint.start().advance(256)).toThrow('token 256 is not allowed here');
    expect(() => constraint.start().advance(0x61)).toThrow('token 97 is not allowed here');
  });

  it('knows far from the most characters what a string takes near it', () => {
    const schema = { type: 'array', items: { type: 'string', minLength: 3, maxLength: 40 } };
    const grammar = jsonSchemaGrammar(schema);
    fc.assert(
      fc.property(vocabularies, fc.integer({ min: 0, max: 40 }), (vocabulary, length) => {
        const constraint = constrain(grammar, vocabulary, []);
        const begun = Buffer.from(`["${'é'.repeat(length)}`);
        const state = grammar.start().advance(begun)!;
        const cursor = begun.reduce((at, byte) => at.advance(byte), constraint.start());
        const expected = vocabulary.flatMap((token, id) => (state.advance(token) === null ? [] : [id]));
        expect([...cursor.allowed(1e6).ids].sort((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: runs(60, 1_200) },
    );
  });

  it('shares the sets of a string far from its most characters', () => {
    const constraint = constrain(
      jsonSchemaGrammar({ type: 'string', maxLength: 9 }),
      [...BYTES, null],
      [256],
    );
    const [a, b] = [1, 3].map((n) =>
      Buffer.from(`"${'x'.repeat(n)}`).reduce((at, x) => at.advance(x), constraint.start()),
    );
    expect(a!.allowed(50)).toBe(b!.allowed(50));
    expect(a!.advance(0x22).finished).toBe(true);
  });

  it('shares the sets of a state', () => {
    const constraint = constrain(jsonObjectGrammar(), BYTES, []);
    const inside = constraint.start().advance(0x7b).advance(0x22);
    expect(inside.advance(0x61).allowed(50)).toBe(inside.advance(0x62).advance(0x63).allowed(60));
    expect(inside.allowed(50).key).not.toBe(constraint.start().allowed(50).key);
  });

  it('never takes an end token for text', () => {
    const vocabulary = [...BYTES, Buffer.from('{}')];
    const constraint = constrain(jsonObjectGrammar(), vocabulary, [256]);
    expect([...constraint.start().allowed(9).ids]).not.toContain(256);
  });

  it('refuses a vocabulary that cannot spell the grammar', () => {
    const without = BYTES.map((token, byte) => (byte === 0x7d ? null : token));
    expect(() => constrain(jsonObjectGrammar(), without, [])).toThrow('0x7d');
    expect(() => constrain(jsonSchemaGrammar({ type: 'integer' }), BYTES, [])).toThrow('end token');
  });

  it('works over the bytes of a tokenizer', () => {
    const tokenizer = byteTokenizer();
    const constraint = constrain(jsonObjectGrammar(), tokenBytes(tokenizer)!, tokenizer.eosIds);
    let cursor = constraint.start();
    for (const id of tokenizer.encode('{"the": [1, "a"]}')) {
      expect([...cursor.allowed(100).ids]).toContain(id);
      cursor = cursor.advance(id);
    }
    expect(cursor.finished).toBe(true);
  });
});
