/** @file For tests: random vocabularies, random answers under a constraint, and a validator written by hand. */
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import type { GrammarState } from './grammar.ts';
import type { Grammar } from './index.ts';
import type { TokenConstraint } from './token-constraint.ts';

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
};

/** A text of tokens chosen at random from those allowed; the seeds are used over and over. */
export function randomAnswer(
  constraint: TokenConstraint,
  vocabulary: readonly (Uint8Array | null)[],
  tokensLeft: number,
  seeds: readonly number[],
): string {
  const bytes: Uint8Array[] = [];
  let cursor = constraint.start();
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

function typeFits(value: Json, type: Json): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  return type === 'object' ? isJsonObject(value) : typeof value === type;
}

/** JSON Schema 2020-12 for the keywords that constraints obey. */
export function fits(value: Json, schema: Json, root: Json = schema): boolean {
  if (typeof schema === 'boolean') return schema;
  if (!isJsonObject(schema)) throw new Error('no schema');
  const sub = (part: Json, of: Json): boolean => fits(part, of, root);
  if (schema.nullable === true && value === null) return true;
  if (typeof schema.$ref === 'string') {
    const path = schema.$ref.split('/').slice(1);
    return sub(
      value,
      path.reduce<Json>((at, key) => (at as JsonObject)[key]!, root),
    );
  }
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (types && !types.some((type) => typeFits(value, type))) return false;
  if (schema.enum && !(schema.enum as Json[]).some((one) => JSON.stringify(one) === JSON.stringify(value)))
    return false;
  if (schema.const !== undefined && JSON.stringify(schema.const) !== JSON.stringify(value)) return false;
  const any = (schema.anyOf ?? schema.oneOf) as readonly Json[] | undefined;
  if (any && !any.some((one) => sub(value, one))) return false;
  if (Array.isArray(schema.allOf) && !schema.allOf.every((one) => sub(value, one as Json))) return false;
  const within = (count: number, min: string, max: string): boolean =>
    count >= Number(schema[min] ?? 0) && count <= Number(schema[max] ?? Number.POSITIVE_INFINITY);
  if (typeof value === 'string') return within([...value].length, 'minLength', 'maxLength');
  if (Array.isArray(value)) {
    const prefix = (schema.prefixItems ?? []) as readonly Json[];
    const isFit = (part: Json, i: number): boolean => sub(part, prefix[i] ?? schema.items ?? true);
    return within(value.length, 'minItems', 'maxItems') && (value as Json[]).every(isFit);
  }
  if (!isJsonObject(value)) return true;
  const declared = (schema.properties ?? {}) as JsonObject;
  const required = (schema.required ?? []) as readonly string[];
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, part]) =>
      sub(part, Object.hasOwn(declared, name) ? declared[name]! : (schema.additionalProperties ?? true)),
    )
  );
}
