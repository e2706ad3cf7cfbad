/** @file `$ref` of a JSON Schema: `#` and `#/…` (RFC 6901) within the same schema. */
import { isJsonObject, type Json } from '../../records.ts';
import { inside, schemaError } from './schema-error.ts';

function part(of: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(of)) return (of as readonly Json[])[Number(key)];
  return isJsonObject(of) && Object.hasOwn(of, key) ? of[key] : undefined;
}

/** `%XX` of a URI fragment; as it is where that is broken. */
function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/**
 * The schema named, and what errors call it.
 * @param path - what errors call the reference
 * @throws UserError where it names nothing
 */
export function resolveReference(
  root: Json,
  rootPath: string,
  reference: Json,
  path: string,
): readonly [Json, string] {
  let [found, at] = [root as Json | undefined, rootPath];
  const tokens =
    typeof reference === 'string' && /^#(\/|$)/.test(reference) ? reference.split('/').slice(1) : null;
  for (const token of tokens ?? []) {
    const key = decoded(token).replaceAll('~1', '/').replaceAll('~0', '~');
    found = part(found, key);
    at = inside(at, key);
  }
  if (tokens !== null && found !== undefined) return [found, at];
  throw schemaError(
    path,
    `${JSON.stringify(reference)} names no part of this schema.`,
    'Refer to "#/$defs/…".',
  );
}
