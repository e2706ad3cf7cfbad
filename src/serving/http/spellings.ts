/**
 * @file Spellings of the numbers of a request body, remembered beside its objects.
 *
 * Values are checked and moved about as plain JSON. What goes to a chat template is written with the numbers as the
 * client spelled them: the objects that hold them are the same.
 */
import type { Json } from '../../records.ts';
import { hasSpelled, parseSpelled, SpelledNumber, writeSpelled } from '../../text/index.ts';

type Members = { [key: string]: Json };

/** For an object or a list, its members that JavaScript would spell otherwise. */
const spellings = new WeakMap<object, ReadonlyMap<string, SpelledNumber>>();

/** `JSON.parse`. @throws SyntaxError for a text that is no JSON */
export function parseRemembering(text: string): unknown {
  const value = parseSpelled(text);
  remember(value);
  return value instanceof SpelledNumber ? value.valueOf() : value;
}

/** Puts plain numbers in the places of spelled ones. */
function remember(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  const members = value as Members;
  const spelled = Object.entries(members).filter(
    (member): member is [string, Json & SpelledNumber] => member[1] instanceof SpelledNumber,
  );
  for (const [key, number] of spelled) members[key] = number.valueOf();
  if (spelled.length > 0) spellings.set(value, new Map(spelled));
  for (const part of Object.values(members)) remember(part);
}

/** A value of a body as JSON text with its numbers as they were spelled; null where JavaScript spells them alike. */
export function spelledText(value: unknown): string | null {
  const spelled = restored(value as Json);
  return hasSpelled(spelled) ? writeSpelled(spelled) : null;
}

function restored(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  const known = spellings.get(value);
  const part = (key: string, one: Json): Json => (known?.get(key) as Json | undefined) ?? restored(one);
  if (Array.isArray(value)) return (value as readonly Json[]).map((one, i) => part(String(i), one));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, part(key, one)]));
}
