/**
 * @file Error messages of endpoints, read out of error bodies of any shape.
 *
 * `{"error": {"message": …}}` (OpenAI), lists of those (Gemini), `{"detail": [{"loc", "msg"}]}` (FastAPI: vLLM, SGLang,
 * Mistral), `{"errors": […]}`, JSON inside a string, and the pages of proxies.
 */
import { isJsonObject, type Json, type JsonObject } from '../records.ts';
import { countOf } from './loose.ts';

/** Levels of an error body that are looked at. */
const DEEPEST = 8;
/** Messages of a list that are joined. */
const MOST_MESSAGES = 5;
/** Fields that hold a message or what holds one, the most telling first. */
const FIELDS = [
  'error',
  'message',
  'msg',
  'detail',
  'details',
  'errors',
  'error_description',
  'title',
  'reason',
];

/** The endpoint's message, or null where there is none. */
export function messageIn(body: unknown, depth = 0): string | null {
  if (depth > DEEPEST) return null;
  if (typeof body === 'string') return inText(body, depth);
  if (Array.isArray(body)) {
    const messages = body.slice(0, MOST_MESSAGES).flatMap((one) => messageIn(one, depth + 1) ?? []);
    return messages.length === 0 ? null : [...new Set(messages)].join('; ');
  }
  if (!isJsonObject(body)) return null;
  for (const field of FIELDS) {
    const message = messageIn(body[field], depth + 1);
    if (message !== null) return placeOf(body) + message;
  }
  return null;
}

/** Where FastAPI found what it complains of: `body.seed: `. */
function placeOf({ loc, msg }: JsonObject): string {
  return Array.isArray(loc) && typeof msg === 'string' && loc.length > 0 ? `${loc.join('.')}: ` : '';
}

function inText(text: string, depth: number): string | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (/^[{["]/.test(trimmed)) {
    const inner = messageIn(parsedBody(trimmed), depth + 1);
    return inner ?? trimmed;
  }
  return /^<(?:!doctype|html|head|body|\?xml)/i.test(trimmed) ? inPage(trimmed) : trimmed;
}

/** Longest page that is searched for its title. */
const LONGEST_PAGE = 20_000;

/** Title and text of a web page, without its markup. */
function inPage(page: string): string {
  const text = page
    .slice(0, LONGEST_PAGE)
    .replace(/<(script|style)\b[^<]*(?:<(?!\/\1)[^<]*)*<\/\1[^<>]*>/gi, ' ')
    .replace(/<[^<>]*>/g, '\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return [...new Set(text)].join(' ') || 'a web page without text';
}

/** A body as JSON, be it one event of a stream; the text itself where it is neither. */
export function parsedBody(text: string): unknown {
  const event = /^\s*data:(.*)$/m.exec(text)?.[1];
  for (const candidate of event === undefined ? [text] : [event, text]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (value !== text) return value;
    } catch {
      // No JSON: the next candidate.
    }
  }
  return text;
}

/** What an error is, where a reply's body or one event of a stream tells of one instead of an answer; else null. */
export function errorIn(body: unknown): Json | null {
  if (!isJsonObject(body)) return null;
  const { error, object, type } = body;
  if (object === 'error' || type === 'error') return body;
  const isTold =
    error === true ||
    (typeof error === 'string' && error.trim() !== '') ||
    (typeof error === 'object' && error !== null && Object.keys(error).length > 0);
  return isTold ? body : null;
}

/** The HTTP status that an error names in its body (`code`, `status`), or null. */
export function statusIn(body: unknown, depth = 0): number | null {
  if (depth > 2 || !isJsonObject(body)) return null;
  for (const value of [body.code, body.status, body.status_code]) {
    const status = countOf(value);
    if (status !== null && status >= 400 && status < 600) return status;
  }
  return statusIn(body.error, depth + 1);
}

/** Whether an error says that the request or its reply was held back by a content filter. */
export function isFiltered(body: unknown, depth = 0): boolean {
  if (depth > 2 || !isJsonObject(body)) return false;
  return body.code === 'content_filter' || isFiltered(body.error, depth + 1);
}
