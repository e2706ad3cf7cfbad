import { expect, it } from 'vitest';
import { BYTE_VOCABULARY, byteTokenizer } from '../../../tests/support/byte-tokenizer.ts';
import { compileFormat } from '../../inference/constraint/index.ts';
import type { NamedFormat } from '../formats/index.ts';
import { TokenNames } from '../replies/index.ts';
import { Constraints } from './constraints.ts';

const named = (key: string, maxLength: number): NamedFormat => ({
  key,
  format: compileFormat({ type: 'json_schema', schema: { type: 'string', maxLength } }),
});

/** The sets of tokens of a constraint bear its name. */
const nameOf = (constraints: Constraints, format: NamedFormat): string =>
  constraints.start(format)!.cursor.allowed(50).key;

it.each([
  ['keeps the constraints that fit into its bytes', 2 ** 20, true],
  ['drops those used longest ago, never the last', 1, false],
])('%s', (_, mostBytes, isKept) => {
  const tokenizer = byteTokenizer();
  const constraints = new Constraints(tokenizer, new TokenNames(tokenizer), BYTE_VOCABULARY, mostBytes);
  const [a, b] = [named('a', 3), named('b', 4)];
  const first = nameOf(constraints, a);
  expect(nameOf(constraints, a)).toBe(first);
  expect(nameOf(constraints, b)).not.toBe(first);
  expect(nameOf(constraints, a) === first).toBe(isKept);
  expect(constraints.start(null)).toBeNull();
});
