/** @file A bound on the size of a schema, before anything is made of it. */
import type { Json } from '../../records.ts';
import { schemaError } from './schema-error.ts';

/** Values in a schema, however deep: objects, lists, texts, numbers. */
const MOST_VALUES = 20_000;
/** UTF-16 units of its texts and names together. */
const MOST_LETTERS = 1_000_000;

/** @throws UserError naming the limit; after at most `MOST_VALUES` values */
export function refuseLargeSchema(schema: Json, path: string): void {
  const open: Json[] = [schema];
  let [values, letters] = [0, 0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    values++;
    if (typeof at === 'string') letters += at.length;
    else if (Array.isArray(at)) {
      values += at.length > MOST_VALUES ? at.length : 0;
      if (values <= MOST_VALUES) for (const part of at as readonly Json[]) open.push(part);
    } else if (typeof at === 'object' && at !== null) {
      const names = Object.keys(at);
      values += names.length > MOST_VALUES ? names.length : 0;
      for (const name of values > MOST_VALUES ? [] : names) {
        letters += name.length;
        open.push((at as { readonly [name: string]: Json })[name]!);
      }
    }
    if (values > MOST_VALUES) {
      throw schemaError(path, `has more than ${MOST_VALUES} values.`, 'Ask for a smaller value.');
    }
    if (letters > MOST_LETTERS) {
      throw schemaError(
        path,
        `has more than ${MOST_LETTERS} letters in names and texts.`,
        'Write shorter ones, or leave descriptions out.',
      );
    }
  }
}
