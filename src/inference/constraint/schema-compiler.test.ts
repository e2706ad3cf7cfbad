import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import { jsonSchemaGrammar } from './schema.ts';
import { accepts } from './testing.ts';

const object = (properties: Json, rest: object = {}): Json => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...rest,
});

describe('SchemaCompiler', () => {
  it.each<[Json, string]>([
    [object({ age: { type: 'string', pattern: '^(a)\\1' } }), 'schema.properties.age.pattern: '],
    [{ pattern: '(?<!a)b' }, 'schema.pattern: the pattern cannot be held to: it looks behind'],
    [{ pattern: '(' }, 'schema.pattern: '],
    [{ pattern: '(?:(?=a)a)*' }, 'schema.pattern: '],
    [{ pattern: 7 }, 'schema.pattern: is not a text'],
    [{ type: 'array', items: { format: 'regex' } }, 'schema.items.format: '],
    [{ type: 'integer', minimum: '1' }, 'schema.minimum: '],
    [{ multipleOf: 0 }, 'schema.multipleOf: is not above 0'],
    [{ multipleOf: 1e-30 }, 'schema.multipleOf: '],
    [{ multipleOf: 99991 }, 'schema.multipleOf: leaves too many remainders'],
    [{ anyOf: [{ type: 'null' }, { not: {} }] }, 'schema.anyOf[1].not: '],
    [{ type: 'array', uniqueItems: true }, 'schema.uniqueItems: '],
    [object({ 'a b': { typo: 1 } }), 'schema.properties["a b"].typo: '],
    [{ $ref: '#/$defs/x', $defs: { x: { contains: {} } } }, 'schema.$defs.x.contains: '],
    [{ $ref: '#/$defs/y' }, 'schema.$ref: '],
    [{ $ref: '#/%zz' }, 'schema.$ref: '],
    [{ $ref: 'https://example.com/x' }, 'schema.$ref: '],
    [{ $ref: '#' }, 'leads back to itself'],
    [{ $ref: '#', nullable: true }, 'leads back to itself'],
    [{ allOf: [{ type: 'object' }, { $ref: '#' }] }, 'leads back to itself'],
    [{ anyOf: [{ type: 'null' }, { $ref: '#' }] }, 'leads back to itself'],
    [{ allOf: [{ type: 'object' }, { type: 'array' }] }, 'no value of moderate length can fit'],
    [
      { allOf: [{ type: 'string', pattern: '^a' }, { pattern: '^b' }] },
      'no value of moderate length can fit',
    ],
    [{ minimum: 2, exclusiveMaximum: 2 }, 'no value of moderate length can fit'],
    [{ type: 'integer', minimum: 8, maximum: 13, multipleOf: 7 }, 'no value of moderate length can fit'],
    [{ type: 'object', minProperties: 3 }, 'schema.minProperties: '],
    [{ enum: [{}], required: ['a'] }, 'schema.required: '],
    [{ type: 'array', minItems: 501 }, 'schema.minItems: 501 is more than 500'],
    [{ type: 'text' }, 'schema.type: '],
    [{ type: 'array', minItems: -1 }, 'schema.minItems: '],
    [{ type: 'object', required: 'a' }, 'schema.required: '],
    [object({ a: 1 }), 'schema.properties.a: '],
    [false, 'no value of moderate length can fit'],
    [{ enum: [] }, 'no value of moderate length can fit'],
    [{ type: 'string', minLength: 3, maxLength: 2 }, 'no value of moderate length can fit'],
    [{ type: 'array', minItems: 3, maxItems: 2 }, 'no value of moderate length can fit'],
    [object({ self: { $ref: '#' } }, { required: ['self'] }), 'no value of moderate length can fit'],
    [null, 'schema: '],
  ])('refuses %j', (schema, message) => {
    expect(() => jsonSchemaGrammar(schema)).toThrow(message);
  });

  it('refuses what is large once it is compiled', () => {
    const names = Array.from({ length: 60 }, (_, i) => `${i}`);
    const part = (name: string): Json => ({ type: 'string', pattern: `^\\p{L}{6}${name}$` });
    const schema = object(Object.fromEntries(names.map((name) => [name, part(name)])));
    expect(() => jsonSchemaGrammar(schema)).toThrow('takes more than 16 MB, compiled');
  });

  it('bears large and hostile schemas', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `p${i}`);
    const many = object(Object.fromEntries(names.map((name) => [name, { type: 'null' }])), {
      required: names,
    });
    const length = JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))).length;
    expect(() => jsonSchemaGrammar(many)).toThrow(`has ${length} bytes; at most 3072`);
    const wrap = (depth: number, inside: (part: Json) => Json): Json =>
      Array.from({ length: depth }).reduce<Json>((part) => inside(part), { type: 'null' });
    expect(() => jsonSchemaGrammar(wrap(5_000, (items) => ({ type: 'array', items })))).toThrow(
      'nested too deeply',
    );
    expect(() => jsonSchemaGrammar(wrap(5_000, (part) => ({ anyOf: [part] })))).toThrow('nested too deeply');
    expect(() => jsonSchemaGrammar(wrap(5_000, (part) => ({ allOf: [part] })))).toThrow('nested too deeply');
    expect(() => jsonSchemaGrammar(wrap(300, (part) => ({ anyOf: [part] })))).not.toThrow();
    const long = wrap(4, (items) => ({ type: 'array', minItems: 500, items }));
    expect(() => jsonSchemaGrammar(long)).toThrow('no value of moderate length');
    const optional = object(Object.fromEntries(names.slice(0, 900).map((name) => [name, { type: 'null' }])));
    const grammar = jsonSchemaGrammar(optional);
    expect(['p0', 'p899', 'p900'].map((name) => accepts(grammar, `{"${name}":null}`))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
