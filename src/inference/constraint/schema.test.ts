import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import { jsonSchemaGrammar } from './schema.ts';
import { accepts } from './testing.ts';

/** Expects of a schema what it takes and what it refuses. */
function check(schema: Json, taken: readonly string[], refused: readonly string[]): void {
  const grammar = jsonSchemaGrammar(schema);
  for (const text of taken) expect(accepts(grammar, text), `takes ${text}`).toBe(true);
  for (const text of refused) expect(accepts(grammar, text), `refuses ${text}`).toBe(false);
}
const object = (properties: Json, rest: object = {}): Json => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...rest,
});

describe('jsonSchemaGrammar', () => {
  it('types', () => {
    check({ type: 'string' }, ['"a"'], ['1', 'null']);
    check({ type: ['integer', 'null'] }, ['1', 'null', ' 3'], ['1.5', '"1"', 'true']);
    check({ type: 'number', nullable: true }, ['1.5', 'null'], ['false']);
    check({ type: 'boolean' }, ['true', 'false'], ['"true"', 'tru']);
    check({}, ['1', '"a"', '{"a":[]}', 'null'], ['{"a"}']);
    check(true, ['[1]'], ['[1']);
  });

  it('objects: the declared order, what is required, what may be left out', () => {
    const properties = { a: { type: 'integer' }, b: { type: 'integer' }, c: { type: 'integer' } };
    check(
      object(properties, { required: ['b'] }),
      ['{"a":1,"b":2,"c":3}', '{"b":2}', '{ "b" : 2 , "c" : 3 }', '{"a":1,"b":2}'],
      [
        '{}',
        '{"a":1}',
        '{"b":1,"a":2}',
        '{"b":1,"b":2}',
        '{"b":"1"}',
        '{"b":1,"d":1}',
        '{"b":1,}',
        '{"\\u0062":1}',
      ],
    );
    check(object(properties), ['{}', '{"a":1,"c":2}', '{"c":2}'], ['{"c":2,"a":1}', '{,"a":1}']);
    check(object({}), ['{}', '{ }'], ['{"a":1}']);
  });

  it('objects: other properties follow the declared ones under another name', () => {
    const schema = { properties: { a: { type: 'integer' } }, additionalProperties: { type: 'string' } };
    check(
      schema,
      ['{"a":1,"b":"x"}', '{"b":"x","c":"y"}', '{}'],
      ['{"b":1}', '{"b":"x","a":1}', '{"a":"x"}'],
    );
    check({ properties: { a: { type: 'integer' } } }, ['{"a":1,"b":[{}]}'], ['{"a":"x"}', '1']);
    check(
      { required: ['x'], additionalProperties: { type: 'null' } },
      ['{"x":null,"y":null}'],
      ['{}', '{"y":null}'],
    );
  });

  it('arrays', () => {
    const items = { type: 'integer' };
    check({ type: 'array', items }, ['[]', '[1]', '[ 1 , 2 ]'], ['[1,]', '["a"]', '[,1]']);
    check({ items, minItems: 2, maxItems: 3 }, ['[1,2]', '[1,2,3]'], ['[]', '[1]', '[1,2,3,4]']);
    check({ items, minItems: 2 }, ['[1,2,3,4,5]'], ['[1]']);
    check({ type: 'array', items: false }, ['[]'], ['[1]']);
    check({ type: 'array', maxItems: 0 }, ['[]'], ['[1]']);
    const prefixItems = [{ type: 'string' }, { type: 'null' }];
    check({ prefixItems, items }, ['[]', '["a"]', '["a",null,1,2]'], ['[1]', '["a",1]', '["a",null,null]']);
    check({ prefixItems, items: false, minItems: 2 }, ['["a",null]'], ['["a"]', '["a",null,1]']);
  });

  it('enum and const', () => {
    check(
      { enum: ['a', 'ab', 1, 12, null, 'é'] },
      ['"a"', '"ab"', '1', '12', 'null', '"é"'],
      ['"b"', '2', '123'],
    );
    check({ type: 'string', enum: ['a', 1] }, ['"a"'], ['1']);
    check(
      { const: { a: [1, { b: 'c' }] } },
      ['{"a":[1,{"b":"c"}]}', '{ "a": [1, {"b": "c"}] }'],
      ['{"a":[1]}', '{}'],
    );
    check({ enum: [1, 2], const: 2 }, ['2'], ['1']);
  });

  it('lengths of strings', () => {
    check({ type: 'string', minLength: 1, maxLength: 2 }, ['"é"', '"😀😀"'], ['""', '"abc"']);
  });

  it('alternatives', () => {
    const either = [
      object({ kind: { const: 'a' }, x: { type: 'integer' } }, { required: ['kind', 'x'] }),
      object({ kind: { const: 'b' } }),
    ];
    for (const key of ['anyOf', 'oneOf']) {
      check(
        { [key]: either },
        ['{"kind":"a","x":1}', '{"kind":"b"}', '{}'],
        ['{"kind":"b","x":1}', '{"kind":"a"}'],
      );
    }
    check({ anyOf: [{ type: 'integer' }, { type: 'number' }] }, ['1', '1.5'], ['"1"']);
    check({ allOf: [{ type: 'integer' }], title: 'one', nullable: true }, ['1', 'null'], ['"a"']);
  });

  it('references, recursive ones too', () => {
    const node = object(
      { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
      { required: ['value', 'next'] },
    );
    check(
      { $ref: '#/$defs/node', $defs: { node } },
      ['{"value":1,"next":{"value":2,"next":null}}'],
      ['{"value":1,"next":{}}', '{"value":1}'],
    );
    check(
      object({ '': { $ref: '#/properties/a~1b' }, 'a/b': { type: 'null' } }),
      ['{"":null,"a/b":null}'],
      ['{"":1}'],
    );
    const tree = { type: 'array', items: { $ref: '#' } };
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    check(tree, ['[[],[[]]]', nested(64)], ['[1]', nested(65)]);
  });

  it('follows two readings of the same text at once', () => {
    const part = (name: string): Json => object({ x: { $ref: '#/$defs/any' }, [name]: { type: 'null' } });
    const schema = { $defs: { any: { anyOf: [part('a'), part('b')] } }, $ref: '#/$defs/any' };
    const deep = (inner: string, depth: number): string => '{"x":'.repeat(depth) + inner + '}'.repeat(depth);
    check(schema, ['{"x":{"x":{},"a":null},"b":null}', deep('{"b":null}', 5)], ['{"x":{"a":null,"b":null}}']);
    // More readings than are kept: the rest still ends.
    const state = jsonSchemaGrammar(schema)
      .start()
      .advance(Buffer.from(deep('', 20).slice(0, 100)))!;
    expect(state.advance(state.shortestEnd())!.finished).toBe(true);
  });

  it('passes annotations', () => {
    const said = {
      title: 't',
      description: 'd',
      default: 1,
      examples: [1],
      $schema: 's',
      $id: 'i',
      $comment: 'c',
      deprecated: true,
    };
    check(
      { ...said, readOnly: true, writeOnly: false, 'x-order': 1, uniqueItems: false, type: 'integer' },
      ['1'],
      ['"a"'],
    );
  });

  it('leaves out alternatives that cannot end', () => {
    check(
      { anyOf: [object({ self: { $ref: '#/anyOf/0' } }, { required: ['self'] }), { type: 'null' }] },
      ['null'],
      ['{"self":null}'],
    );
  });
});
