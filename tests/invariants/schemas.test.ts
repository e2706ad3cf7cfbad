/** Answers under a constraint, by a validator that is not ours: Ajv, with its formats. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSchemaGrammar } from '../../src/inference/constraint/index.ts';
import { randomAnswer, SCHEMAS, vocabularies } from '../../src/inference/constraint/testing.ts';
import { ConstraintVocabulary, TokenConstraint } from '../../src/inference/constraint/token-constraint.ts';
import type { Json } from '../../src/records.ts';
import { npmPackages } from '../support/installed.ts';

const AJV = await npmPackages({ ajv: '8.20.0', 'ajv-formats': '3.0.1' });

/** Decimals are compared as doubles there; a time needs no offset here. */
const PROGRAM = `
  import formats from 'ajv-formats';
  import { Ajv2020 } from 'ajv/dist/2020.js';
  import { Ajv } from 'ajv';
  const options = { strict: false, multipleOfPrecision: 9 };
  export const validator = (schema) => {
    const ajv = new (Array.isArray(schema.items) ? Ajv : Ajv2020)(options);
    (formats.default ?? formats)(ajv);
    ajv.addFormat('time', /^\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)?$/);
    return ajv.compile(schema);
  };`;

type Validator = (schema: Json) => (value: unknown) => boolean;

/** Draft 4's exclusive bounds are no schema there. */
const modern = (schema: Json): Json =>
  JSON.parse(
    JSON.stringify(schema).replaceAll('"minimum":0,"exclusiveMinimum":true', '"exclusiveMinimum":0'),
  ) as Json;

describe.skipIf(AJV.missing)(`answers that Ajv takes${AJV.note}`, () => {
  it.each(Object.entries(SCHEMAS))('%s', async (_, schema) => {
    const program = path.join(AJV.dir, 'validator.mjs');
    await writeFile(program, PROGRAM);
    const { validator } = (await import(pathToFileURL(program).href)) as { readonly validator: Validator };
    const validate = validator(modern(schema));
    const grammar = jsonSchemaGrammar(schema);
    const seeds = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(vocabularies, fc.integer({ min: 0, max: 150 }), seeds, (bytes, extra, choices) => {
        const tokens = [...bytes, null];
        const constraint = new TokenConstraint(grammar, new ConstraintVocabulary(tokens, [bytes.length]));
        const text = randomAnswer(constraint, tokens, constraint.minimumTokens + extra, choices);
        expect(validate(JSON.parse(text)), text).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
