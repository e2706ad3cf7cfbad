/** @file Post-processor of a tokenizer.json: the ids that it puts before a text and behind it. */
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { listIn, makerOf, nameOf, objectIn, Unsupported } from './read.ts';

/** Ids before a text and behind it. */
export type Frame = readonly [before: readonly number[], behind: readonly number[]];

const PART = 'post_processor';

const MAKERS: { readonly [type: string]: (json: JsonObject) => Frame } = {
  // Of offsets alone, which are not computed here.
  ByteLevel: () => [[], []],
  BertProcessing: around,
  RobertaProcessing: around,
  TemplateProcessing: template,
  Sequence: (json) =>
    listIn(json, 'processors', PART)
      .map(frameOf)
      .reduce<Frame>(
        ([before, behind], [outer, after]) => [
          [...outer, ...before],
          [...behind, ...after],
        ],
        [[], []],
      ),
};

/**
 * What a post-processor puts around a text.
 * @throws Unsupported naming the type or the setting
 */
export function frameOf(json: Json): Frame {
  const object = objectIn(json, PART);
  return makerOf(MAKERS, object, PART)(object);
}

/** `cls` before, `sep` behind: each a text and its id. */
function around(json: JsonObject): Frame {
  const idOf = (key: 'cls' | 'sep'): number => {
    const pair = json[key];
    const id: unknown = Array.isArray(pair) ? pair[1] : undefined;
    if (typeof id === 'number') return id;
    throw new Unsupported(`${nameOf(json, PART)}: ${key} is ${JSON.stringify(pair)}, expected [text, id]`);
  };
  return [[idOf('cls')], [idOf('sep')]];
}

function template(json: JsonObject): Frame {
  const items = listIn(json, 'single', PART);
  const place = items.findIndex(({ Sequence: sequence }) => sequence !== undefined);
  const texts = items.filter(({ Sequence: sequence }) => sequence !== undefined);
  if (texts.length !== 1)
    throw new Unsupported(`${PART} TemplateProcessing: single has ${texts.length} sequences`);
  const ids = (some: readonly JsonObject[]): number[] => some.flatMap((item) => specialIds(json, item));
  return [ids(items.slice(0, place)), ids(items.slice(place + 1))];
}

/** A special token may stand for several ids. */
function specialIds({ special_tokens: tokens }: JsonObject, { SpecialToken: item }: JsonObject): number[] {
  const name = isJsonObject(item) && typeof item.id === 'string' ? item.id : undefined;
  const entry = isJsonObject(tokens) && name !== undefined ? tokens[name] : undefined;
  const ids: unknown = isJsonObject(entry) ? entry.ids : undefined;
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'number')) return ids;
  throw new Unsupported(
    `${PART} TemplateProcessing: special_tokens has no ids of ${JSON.stringify(name ?? item)}`,
  );
}
