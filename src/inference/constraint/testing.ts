/** @file For tests: random vocabularies, schemas of every kind, random answers under a constraint. */
import fc from 'fast-check';
import type { Json } from '../../records.ts';
import type { GrammarState } from './grammar.ts';
import type { Grammar } from './index.ts';
import type { ConstraintCursor, TokenConstraint } from './token-constraint.ts';

const COMMON = [
  '{"',
  '":',
  '": ',
  '", "',
  '"}',
  '}}',
  ']}',
  '\n  ',
  '\\u',
  '\\"',
  '12',
  '.5',
  'true',
  'é',
  '😀',
];

/** All 256 bytes, some tokens common in JSON, and random joins of earlier tokens. */
export const vocabularies: fc.Arbitrary<readonly Uint8Array[]> = fc
  .array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 150 })
  .map((joins) => {
    const tokens: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    for (const text of COMMON) tokens.push(Buffer.from(text));
    for (const [a, b] of joins) {
      // The larger ids are the likelier: tokens get long.
      const pick = (n: number): Uint8Array =>
        tokens[n % 3 === 0 ? n % tokens.length : 256 + (n % (tokens.length - 256))]!;
      const joined = Buffer.concat([pick(a), pick(b)]);
      if (joined.length <= 12) tokens.push(joined);
    }
    return tokens;
  });

/** Schemas of every kind. */
export const SCHEMAS: Readonly<Record<string, Json>> = {
  scalars: { type: ['integer', 'number', 'string', 'null'] },
  lengths: { type: 'array', items: { type: 'string', minLength: 2, maxLength: 5 }, minItems: 1, maxItems: 4 },
  words: { enum: ['a', 'ab', 'abc', 12, 123, null, { a: [1] }] },
  object: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1 },
      age: { type: 'integer' },
      tags: { type: 'array', items: { enum: ['x', 'y', 'é😀'] } },
      more: { type: 'object', additionalProperties: { type: 'boolean' } },
    },
    required: ['age', 'more'],
  },
  tree: {
    $defs: {
      node: {
        type: 'object',
        properties: {
          value: { anyOf: [{ type: 'number' }, { type: 'string' }] },
          kids: { type: 'array', items: { $ref: '#/$defs/node' } },
        },
        required: ['value', 'kids'],
        additionalProperties: false,
      },
    },
    $ref: '#/$defs/node',
  },
  tuple: { prefixItems: [{ type: 'boolean' }, { const: 'k' }], items: { type: 'null' }, minItems: 3 },
  anything: {},
  integers: { type: 'array', items: { type: 'integer', minimum: -12, maximum: 340 }, maxItems: 3 },
  'safe integers': { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
  numbers: {
    prefixItems: [
      { type: 'number', minimum: 0, exclusiveMaximum: 1 },
      { type: 'number', exclusiveMinimum: -0.001, maximum: 1e-5 },
      { type: 'number', minimum: 99.5 },
      { type: 'number', exclusiveMinimum: 0, multipleOf: 0.25 },
      { type: 'integer', multipleOf: 7, minimum: -100, exclusiveMaximum: 1000 },
      { type: 'number', minimum: 0, exclusiveMinimum: true },
    ],
    items: { type: 'number', minimum: -1.7976931348623157e308, maximum: 1.7976931348623157e308 },
    minItems: 6,
  },
  formats: {
    prefixItems: [
      'date',
      'time',
      'date-time',
      'email',
      'hostname',
      'uuid',
      'ipv4',
      'ipv6',
      'uri',
      'duration',
    ].map((format) => ({ type: 'string', format })),
    minItems: 10,
    items: false,
  },
  patterns: {
    prefixItems: [
      { type: 'string', pattern: '^[A-Z]{2,3}-\\d+$' },
      { type: 'string', pattern: 'b[é\\n"\\\\]c' },
      { type: 'string', pattern: '^(?!.*aa)[ab]*$', minLength: 3, maxLength: 6 },
      { type: 'string', pattern: '^(ab|abc|\\u{1F600})+$', maxLength: 9 },
      { type: 'string', pattern: '^(?:x|)$|y$' },
      { type: 'string', pattern: '^\\p{Lu}\\W?', maxLength: 300 },
    ],
    items: { pattern: '^a' },
    minItems: 6,
    maxItems: 6,
  },
  records: {
    properties: {
      any: { type: 'object', additionalProperties: { type: 'boolean' }, maxProperties: 2 },
      named: { propertyNames: { pattern: '^[a-c]{1,2}$' }, additionalProperties: { type: 'null' } },
      listed: {
        type: 'object',
        propertyNames: { enum: ['x', 'y', 'z'] },
        additionalProperties: { type: 'integer' },
        minProperties: 2,
      },
      pattern: {
        type: 'object',
        patternProperties: { '^n_': { type: 'number' }, '^s': { type: 'string' } },
        properties: { n_1: { maximum: 5 } },
        additionalProperties: false,
        minProperties: 1,
      },
    },
    required: ['any', 'named', 'listed', 'pattern'],
    additionalProperties: false,
  },
  'tuple of draft 7': {
    items: [{ type: 'integer' }, { enum: ['a', 'b'] }],
    additionalItems: { type: 'boolean' },
    minItems: 1,
    maxItems: 4,
  },
  intersections: {
    $defs: {
      named: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } }, required: ['name'] },
    },
    allOf: [
      { $ref: '#/$defs/named' },
      { properties: { name: { minLength: 1 }, size: { type: 'number' } }, required: ['size'] },
    ],
    anyOf: [{ properties: { size: { minimum: 3 } } }, { required: ['more'], maxProperties: 3 }],
  },
};

/** A text of tokens chosen at random from those allowed; the seeds are used over and over. */
export function randomAnswer(
  constraint: TokenConstraint,
  vocabulary: readonly (Uint8Array | null)[],
  tokensLeft: number,
  seeds: readonly number[],
  start: ConstraintCursor = constraint.start(),
): string {
  const bytes: Uint8Array[] = [];
  let cursor = start;
  for (let left = tokensLeft, i = 0; !cursor.finished; left--, i++) {
    if (left <= 0) throw new Error(`not finished in time: ${Buffer.concat(bytes).toString()}`);
    const { ids } = cursor.allowed(left);
    const seed = seeds[i % seeds.length]! + i * 7919;
    const token = ids[seed % ids.length];
    if (token === undefined) throw new Error('nothing is allowed');
    bytes.push(vocabulary[token] ?? new Uint8Array(0));
    cursor = cursor.advance(token);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(bytes));
}

/** Whether a grammar takes a text as complete; checks on the way what each state promises of its end. */
export function accepts(grammar: Grammar, text: string | Uint8Array): boolean {
  let state: GrammarState | null = grammar.start();
  for (const byte of Buffer.from(text as string)) {
    state = state.step(byte);
    if (state === null) return false;
    const end = state.shortestEnd();
    if (end.length !== state.endLength || !state.advance(end)?.complete)
      throw new Error('a wrong shortest end');
    // Following the shortest end leaves the rest of it.
    const rest = end.length > 0 ? state.step(end[0]!)!.shortestEnd() : end;
    if (end.length > 0 && Buffer.compare(rest, end.subarray(1)) !== 0)
      throw new Error('another shortest end');
  }
  return state.complete;
}
