import { expect, it } from 'vitest';
import { z } from 'zod';
import { describeIssue } from './expectation.ts';

const schema = z.looseObject({
  count: z.number().int().positive().max(9),
  share: z.number().nonnegative(),
  on: z.boolean(),
  kind: z.enum(['a', 'b']),
  ids: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  inner: z.looseObject({ name: z.string() }).refine(({ name }) => name !== 'x', { message: 'x is taken' }),
});
const good = { count: 1, share: 0, on: true, kind: 'a', inner: { name: 'n' } };

it.each([
  [{ count: '3' }, 'count: "3", expected a number'],
  [{ count: 1.5 }, 'count: 1.5, expected a whole number'],
  [{ count: 0 }, 'count: 0, expected a number above 0'],
  [{ count: 10 }, 'count: 10, expected a number of at most 9'],
  [{ count: undefined }, 'count: missing, expected a number'],
  [{ count: null }, 'count: null, expected a number'],
  [{ share: -1 }, 'share: -1, expected a number of at least 0'],
  [{ on: 'yes' }, 'on: "yes", expected true or false'],
  [{ kind: 'c' }, 'kind: "c", expected "a" or "b"'],
  [{ ids: 'x' }, 'ids: "x", expected a number, or a list'],
  [{ inner: 3 }, 'inner: 3, expected an object'],
  [{ inner: { name: [] } }, 'inner.name: [], expected a string'],
  [{ inner: { name: 'x' } }, 'inner: {"name":"x"}, x is taken'],
  [{ kind: 'c'.repeat(100) }, `kind: "${'c'.repeat(58)}…, expected "a" or "b"`],
])('%j', (changes, text) => {
  const keys = { ...good, ...changes };
  expect(describeIssue(schema.safeParse(keys).error!.issues[0]!, keys)).toBe(text);
});

it('names the whole where it is no object', () => {
  expect(describeIssue(schema.safeParse(3).error!.issues[0]!, 3)).toBe('the file: 3, expected an object');
});
