/** @file The body of a request: JSON of bounded size and depth, checked against a schema. */
import type { z } from 'zod';
import { isJsonObject } from '../../records.ts';
import { ApiError } from './errors.ts';
import { describeIssue } from './issues.ts';
import { integerField, jsonDepth, jsonErrorAt } from './json-syntax.ts';
import { parseRemembering } from './spellings.ts';

/** Tool schemas nest a dozen levels at most; everything that walks a body later may recurse this deep. */
const MAX_DEPTH = 64;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

export type JsonObject = { readonly [field: string]: unknown };

/**
 * The body as an object.
 *
 * Other content types are refused though they may hold JSON: a web page may send forms and plain text to any address
 * without asking, JSON only where CORS allows it.
 * @throws ApiError 400, 413, 415
 */
export async function readJsonObject(request: Request, maxBytes: number): Promise<JsonObject> {
  const length = Number(request.headers.get('content-length') ?? 0);
  if (length > maxBytes) throw tooLarge(maxBytes);
  const type = request.headers.get('content-type') ?? '';
  if (!JSON_TYPE.test(type)) {
    throw new ApiError(415, 'Send the body as JSON, with the header content-type: application/json.');
  }
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new ApiError(415, 'Send the body as it is, without content-encoding.');
  const text = await readText(request, maxBytes);
  if (jsonDepth(text) > MAX_DEPTH) {
    throw new ApiError(400, `The body nests deeper than ${MAX_DEPTH} levels.`);
  }
  const value = parse(text);
  if (!isJsonObject(value)) {
    throw new ApiError(400, 'The body must be a JSON object.');
  }
  return withExactSeed(value, text);
}

/**
 * The body with its seed as it was sent: `JSON.parse` rounds integers beyond 2^53, and clients draw seeds of 64 bits.
 * An integer that is spelled another way, such as 1e18, is the number that it was read as.
 */
function withExactSeed(body: JsonObject, text: string): JsonObject {
  const { seed } = body;
  if (!Number.isInteger(seed) || Number.isSafeInteger(seed)) return body;
  return { ...body, seed: integerField(text, 'seed') ?? BigInt(seed as number) };
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, `The body has more than ${maxBytes} bytes.`);
}

/** A body that comes in chunks says no length beforehand: it is read up to the limit. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  if (request.headers.has('content-length')) return request.text();
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(value);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parse(text: string): unknown {
  try {
    return parseRemembering(text);
  } catch {
    const at = jsonErrorAt(text) ?? text.length;
    if (at >= text.length) {
      throw new ApiError(400, `The body is not valid JSON: it ends too early, at position ${text.length}.`);
    }
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    const found = JSON.stringify(String.fromCodePoint(text.codePointAt(at)!));
    throw new ApiError(
      400,
      `The body is not valid JSON: unexpected ${found} at position ${at} (line ${line}, column ${column}).`,
    );
  }
}

/**
 * The body as the schema reads it.
 * @param shapeStatus - status for a value of the wrong type; values out of range are 400
 * @throws ApiError that names the field
 */
export function checkBody<S extends z.ZodType>(
  schema: S,
  body: unknown,
  shapeStatus: 400 | 422,
): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { field, problem, shape } = describeIssue(result.error.issues[0]!);
  throw new ApiError(shape ? shapeStatus : 400, field === '' ? problem : `${field}: ${problem}`, {
    param: field === '' ? null : field,
  });
}
