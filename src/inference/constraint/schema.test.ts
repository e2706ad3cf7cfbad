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

  it('texts of any characters under a rule, none of them a surrogate', () => {
    const schema = object({ a: { type: 'string', pattern: '^n_' } });
    const spelled = (bytes: readonly number[]) =>
      Buffer.concat([Buffer.from('{"a":"n_'), Buffer.from(bytes), Buffer.from('"}')]);
    const grammar = jsonSchemaGrammar(schema);
    for (const bytes of [
      [0xed, 0x9f, 0xbf],
      [0xee, 0x80, 0x80],
      [0xf0, 0x9f, 0x98, 0x80],
      [0xc3, 0xa9],
    ]) {
      expect(accepts(grammar, spelled(bytes))).toBe(true);
    }
    for (const bytes of [
      [0xed, 0xa0, 0x80],
      [0xed, 0xb7, 0xa0],
      [0xed, 0xbf, 0xbf],
      [0xe0, 0x80, 0x80],
    ]) {
      expect(accepts(grammar, spelled(bytes))).toBe(false);
    }
    // A name that is declared must not come again under the pattern.
    const named: Json = {
      type: 'object',
      properties: { n_1: { type: 'null' } },
      patternProperties: { '^n_': { type: 'null' } },
      additionalProperties: false,
    };
    const key = (bytes: readonly number[]) =>
      Buffer.concat([Buffer.from('{"n_'), Buffer.from(bytes), Buffer.from('":null}')]);
    expect(accepts(jsonSchemaGrammar(named), key([0xed, 0x9f, 0xbf]))).toBe(true);
    expect(accepts(jsonSchemaGrammar(named), key([0xed, 0xb7, 0xa0]))).toBe(false);
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

  it('bounds of numbers', () => {
    check(
      { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
      ['0', '-9007199254740991', '9007199254740991', '42'],
      ['9007199254740992', '-9007199254740992', '1.0', '1e3'],
    );
    check(
      { minimum: 0, exclusiveMaximum: 1 },
      ['0', '0.5', '0.999999'],
      ['1', '1.0', '-0.1', '0.99999999999999999999', '"a"'],
    );
    check({ type: 'number', exclusiveMinimum: 0 }, ['0.1', '7'], ['0', '0.0', '-1']);
    check({ type: 'integer', multipleOf: 5, minimum: 1 }, ['5', '100'], ['0', '7', '-5']);
    check({ type: 'number', multipleOf: 0.01 }, ['1.13', '-2', '0'], ['1.135', '0.001']);
    // Bounds that bound nothing leave the exponent.
    const [minimum, maximum] = [-1.7976931348623157e308, 1.7976931348623157e308];
    check({ type: 'number', minimum, maximum }, ['1e300', '-1.5'], ['1e308']);
  });

  it('formats', () => {
    const of: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
      date: [
        ['2024-02-29', '1999-12-31', '2000-02-29'],
        ['2023-02-29', '1900-02-29', '2024-13-01', '2024-1-1'],
      ],
      time: [
        ['10:00:00', '23:59:59.5Z', '00:00:00+02:00'],
        ['24:00:00', '10:00', '10:60:00'],
      ],
      'date-time': [
        ['2024-02-29T10:00:00Z', '2024-01-01T10:00:00.123-05:00'],
        ['2024-01-01', '2024-01-01T10:00:00'],
      ],
      duration: [
        ['P1Y2M3DT4H5M6S', 'PT1S', 'P3W'],
        ['P', 'PT', 'P1Y1W', '1Y', 'PT1.5S'],
      ],
      email: [
        ["o'brien@example.com", 'a.b+c@x-y.org'],
        ['a@b', 'a..b@c.de', '@c.de', 'a b@c.de'],
      ],
      hostname: [
        ['example.com', 'localhost', 'xn--4.de'],
        ['-a.com', 'a-.com', `${'a'.repeat(64)}.com`, ''],
      ],
      ipv4: [
        ['0.0.0.0', '255.255.255.255'],
        ['256.0.0.1', '1.2.3', '01.2.3.4'],
      ],
      ipv6: [
        ['::', '::1', '1::', '1:2:3:4:5:6:7:8', 'fe80::1:2', '1:2:3:4:5:6:7::'],
        ['1:2', '1::2::3', ':::', 'g::'],
      ],
      uri: [
        ['https://a.de:8080/x/%20?q=1#f', 'mailto:a@b.c', 'urn:isbn:1', 'http://u@h/'],
        ['/x', 'http://', 'a b:c', 'http://h:99999/'],
      ],
      uuid: [
        ['123e4567-e89b-12d3-a456-426614174000'],
        ['123e4567e89b12d3a456426614174000', 'g23e4567-e89b-12d3-a456-426614174000'],
      ],
      'json-pointer': [
        ['', '/a~1b/~0'],
        ['a', '/~2'],
      ],
      base64: [
        ['', 'YQ==', 'YWI=', 'YWJj'],
        ['YQ', 'Y===', '*'],
      ],
    };
    for (const [format, [taken, refused]] of Object.entries(of)) {
      const quoted = (texts: readonly string[]): string[] => texts.map((text) => JSON.stringify(text));
      check({ type: 'string', format }, quoted(taken), quoted(refused));
    }
    check({ type: 'string', format: 'password', maxLength: 2 }, ['"ab"'], ['"abc"']);
    check(
      { type: 'string', format: 'email', maxLength: 9 },
      ['"ab@cd.efg"'.replace('g', '')],
      ['"abcd@efgh.ij"'],
    );
  });

  it('patterns, in the spelling of JSON.stringify', () => {
    check({ pattern: '^[A-Z]{2}\\d+$' }, ['"AB1"', '"XY007"'], ['"A1"', '"AB"', '"AB1 "', '1']);
    check(
      { type: 'string', pattern: 'b' },
      ['"abc"', '"b"', '"é\\nb😀"', '"\\"b"'],
      ['"a"', '"\\u0062"', '""'],
    );
    check(
      { pattern: '^["\\\\\\u0000-\\n]$' },
      ['"\\""', '"\\\\"', '"\\n"', '"\\u0001"'],
      ['"\\u0061"', '"\\r"', '"a"'],
    );
    check({ pattern: '^[é-ü]$' }, ['"é"', '"ü"'], ['"e"', '"ÿ"', '"\\u00e9"']);
    check({ pattern: '^a*$', minLength: 2, maxLength: 4 }, ['"aa"', '"aaaa"'], ['"a"', '"aaaaa"']);
    check({ pattern: '^(ab)*$', minLength: 3, maxLength: 5 }, ['"abab"'], ['"ab"', '"aba"']);
    check(
      { allOf: [{ pattern: '^a' }, { pattern: 'b$' }], type: 'string' },
      ['"ab"', '"a-b"'],
      ['"a"', '"b"'],
    );
  });

  it('names of properties', () => {
    check(
      { type: 'object', propertyNames: { pattern: '^[a-c]$' }, additionalProperties: { type: 'null' } },
      ['{}', '{"a":null,"b":null}'],
      ['{"d":null}', '{"a":1}'],
    );
    check(
      { propertyNames: { enum: ['x', 'y'] }, additionalProperties: { type: 'integer' }, required: ['y'] },
      ['{"x":1,"y":2}', '{"y":2}'],
      ['{"x":1}', '{"y":1,"y":2}', '{"z":1,"y":2}'],
    );
    check(
      {
        properties: { id: { type: 'integer' } },
        patternProperties: { '^x': { type: 'null' }, z$: { type: 'boolean' } },
        additionalProperties: false,
      },
      ['{"id":1,"x1":null,"az":true}', '{}'],
      ['{"xz":null}', '{"id":null}', '{"other":1}'],
    );
    check({ propertyNames: { type: 'string' }, additionalProperties: true }, ['{"any":[1]}'], ['1']);
  });

  it('numbers of properties', () => {
    const properties = { a: { type: 'null' }, b: { type: 'null' }, c: { type: 'null' } };
    check(
      object(properties, { minProperties: 2 }),
      ['{"a":null,"c":null}', '{"a":null,"b":null,"c":null}'],
      ['{}', '{"a":null}'],
    );
    check(object(properties, { maxProperties: 1 }), ['{}', '{"b":null}'], ['{"a":null,"b":null}']);
    check(
      { type: 'object', minProperties: 1, additionalProperties: { type: 'null' } },
      ['{"a":null}', '{"a":null,"b":null}'],
      ['{}'],
    );
  });

  it('tuples of earlier drafts', () => {
    const items = [{ type: 'string' }, { type: 'null' }];
    check({ type: 'array', items, additionalItems: false }, ['["a",null]', '[]'], ['["a",null,1]', '[1]']);
    check({ items, additionalItems: { type: 'integer' }, minItems: 3 }, ['["a",null,1]'], ['["a",null,"b"]']);
  });

  it('what stands beside references and alternatives', () => {
    const $defs = { named: object({ name: { type: 'string', maxLength: 3 } }, { required: ['name'] }) };
    check(
      { $defs, $ref: '#/$defs/named', properties: { age: { type: 'integer' } }, required: ['age'] },
      ['{"age":1,"name":"ab"}'],
      ['{"name":"ab"}', '{"age":1}'],
    );
    check(
      {
        allOf: [{ $ref: '#/$defs/named' }, object({ age: { type: 'integer' } }, { required: ['age'] })],
        $defs,
      },
      ['{"name":"ab","age":1}'],
      ['{"name":"ab"}', '{"name":"abcd","age":1}'],
    );
    check(
      {
        properties: { a: { type: 'integer' } },
        anyOf: [{ required: ['a'] }, { maxProperties: 0 }],
        type: 'object',
      },
      ['{"a":1}', '{}', '{"a":1,"b":2}'],
      ['{"b":2}', '{"a":"x"}'],
    );
    check({ enum: ['a', 'bb', 'ccc', 7], minLength: 2, type: 'string' }, ['"bb"', '"ccc"'], ['"a"', '7']);
    check({ $ref: '#/$defs/named', $defs, nullable: true }, ['null', '{"name":"ab"}'], ['{}']);
    const node = {
      properties: { next: { allOf: [{ $ref: '#' }], nullable: true } },
      required: ['next'],
      additionalProperties: false,
    };
    check(node, ['{"next":{"next":null}}', '{"next":null}'], ['{}', '{"next":{}}']);
  });

  it('many values, but not too many alternatives', () => {
    const words = Array.from({ length: 5000 }, (_, i) => `w${i}`);
    check({ enum: words }, ['"w0"', '"w4999"'], ['"w5000"']);
    const each = words.map((word) => ({ const: word }));
    expect(() => jsonSchemaGrammar({ anyOf: each })).toThrow('schema.anyOf: more than 1024 alternatives');
    check({ anyOf: each.slice(0, 1024) }, ['"w1023"'], ['"w1024"']);
    const some = { anyOf: each.slice(0, 40) };
    expect(() => jsonSchemaGrammar({ allOf: [some, some, { anyOf: each.slice(0, 41) }] })).toThrow(
      'more than 1024',
    );
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
