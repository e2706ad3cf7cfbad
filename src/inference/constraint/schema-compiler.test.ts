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
    [object({ age: { type: 'string', pattern: '^a' } }), 'schema.properties.age.pattern: '],
    [{ type: 'integer', minimum: 1 }, 'schema.minimum: '],
    [{ type: 'array', items: { format: 'date' } }, 'schema.items.format: '],
    [{ anyOf: [{ type: 'null' }, { not: {} }] }, 'schema.anyOf[1].not: '],
    [{ type: 'array', uniqueItems: true }, 'schema.uniqueItems: '],
    [object({ 'a b': { typo: 1 } }), 'schema.properties["a b"].typo: '],
    [{ $ref: '#/$defs/x', $defs: { x: { multipleOf: 2 } } }, 'schema.$defs.x.multipleOf: '],
    [{ $ref: '#/$defs/y' }, 'schema.$ref: '],
    [{ $ref: '#/%zz' }, 'schema.$ref: '],
    [{ $ref: 'https://example.com/x' }, 'schema.$ref: '],
    [{ $ref: '#' }, 'leads back to itself'],
    [{ anyOf: [{ type: 'null' }, { $ref: '#' }] }, 'leads back to itself'],
    [{ allOf: [{ type: 'object' }, { type: 'object' }] }, 'schema.allOf: '],
    [{ anyOf: [{ type: 'null' }], properties: {} }, 'schema.properties: '],
    [{ enum: [1], minLength: 1 }, 'schema.minLength: '],
    [{ type: 'text' }, 'schema.type: '],
    [{ type: 'array', minItems: -1 }, 'schema.minItems: '],
    [{ type: 'array', items: [true] }, 'schema.items: '],
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

  it('bears large and hostile schemas', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `p${i}`);
    const many = object(Object.fromEntries(names.map((name) => [name, { type: 'null' }])), {
      required: names,
    });
    expect(jsonSchemaGrammar(many).start().endLength).toBe(
      JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))).length,
    );
    const wrap = (depth: number, inside: (part: Json) => Json): Json =>
      Array.from({ length: depth }).reduce<Json>((part) => inside(part), { type: 'null' });
    expect(() => jsonSchemaGrammar(wrap(50_000, (items) => ({ type: 'array', items })))).toThrow(
      'nested too deeply',
    );
    expect(() => jsonSchemaGrammar(wrap(50_000, (part) => ({ anyOf: [part] })))).toThrow('nested too deeply');
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
