/** @file Reading the parts of a tokenizer.json: an object with a `type`, its settings, and what is not supported, by name. */
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';

/** What a tokenizer.json asks for and is not computed here, or what is wrong in it. */
export class Unsupported extends Error {}

/**
 * The object of a part.
 * @param part - what it is, for messages: `normalizer`
 */
export function objectIn(json: Json | undefined, part: string): JsonObject {
  if (isJsonObject(json)) return json;
  throw new Unsupported(`${part}: ${JSON.stringify(json)}, expected an object with a type`);
}

/** A part by its type, for messages: `normalizer Replace`. */
export function nameOf({ type }: JsonObject, part: string): string {
  return `${part} ${typeof type === 'string' ? type : JSON.stringify(type)}`;
}

/** The objects of a list inside a part. */
export function listIn(json: JsonObject, key: string, part: string): JsonObject[] {
  const list = json[key];
  if (Array.isArray(list)) return (list as readonly Json[]).map((entry) => objectIn(entry, part));
  throw new Unsupported(`${nameOf(json, part)}: ${key} is no list`);
}

/** A setting that is true or false; `otherwise` where it is missing. */
export function flag(json: JsonObject, key: string, otherwise: boolean): boolean {
  const value = json[key];
  return typeof value === 'boolean' ? value : otherwise;
}

/** A text; `otherwise` where it is missing. */
export function textIn(json: JsonObject, key: string, part: string, otherwise?: string): string {
  const value = json[key] ?? otherwise;
  if (typeof value === 'string') return value;
  throw new Unsupported(`${nameOf(json, part)}: ${key} is ${JSON.stringify(value)}, expected a text`);
}

/** Ids of a vocabulary: far above any there is. Tables by id that reach to a damaged one would fill the memory. */
const MOST_IDS = 2 ** 24;

/** The id of a token, checked. */
export function tokenId(id: unknown, token: string, part: string): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MOST_IDS) return id;
  throw new Unsupported(
    `${part}: ${JSON.stringify(token)} has the id ${JSON.stringify(id)}, expected a whole number from 0 to ${MOST_IDS - 1}`,
  );
}

/** The vocabulary of a model: tokens and their ids. */
export function vocabularyIn(vocab: JsonObject, part: string): Map<string, number> {
  return new Map(Object.entries(vocab).map(([token, id]) => [token, tokenId(id, token, part)]));
}

/** The maker of a type, from a table of those there are. */
export function makerOf<T>(makers: { readonly [type: string]: T }, json: JsonObject, part: string): T {
  const { type } = json;
  if (typeof type === 'string' && Object.hasOwn(makers, type)) return makers[type]!;
  throw new Unsupported(
    `${part} ${JSON.stringify(type)} is not supported (known: ${Object.keys(makers).join(', ')})`,
  );
}
