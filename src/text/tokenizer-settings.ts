/**
 * @file Settings in the files beside tokenizer.json: names of the special tokens, lists of ids, the chat template.
 *
 * The formats have grown over the years: a token is a string or an object with `content`, an id is a number or a
 * list, a template sits in a file of its own, in tokenizer_config.json, or there in a list of named ones.
 */
import { isJsonObject, type Json } from '../records.ts';
import { ChatTemplate } from './chat-template.ts';
import { objectOf, pathOf, type TokenizerFiles, textOf } from './tokenizer-files.ts';

const ID_KEYS = ['bos', 'eos', 'pad'] as const;
const ROLES = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;

/** Texts of the special tokens. */
export type SpecialNames = { readonly [role in (typeof ROLES)[number]]?: string };

function contentOf(value: Json | undefined): string | undefined {
  const content = isJsonObject(value) ? value.content : value;
  return typeof content === 'string' ? content : undefined;
}

/** The special tokens named in tokenizer_config.json, else in special_tokens_map.json. */
export function specialNames(files: TokenizerFiles): SpecialNames {
  const config = objectOf(files, 'tokenizer_config.json');
  const map = objectOf(files, 'special_tokens_map.json');
  const entries = ROLES.map((role) => [role, contentOf(config?.[role]) ?? contentOf(map?.[role])] as const);
  return Object.fromEntries(entries.filter(([, content]) => content !== undefined));
}

/** An id, a list of ids or nothing, as a list. */
function idList(value: Json | undefined): number[] {
  const list: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value ?? null];
  return list.filter((id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0);
}

/**
 * The ids of special tokens in generation_config.json; where there is no such file those in the model's config.json, as
 * transformers reads them.
 */
export function generationIds(files: TokenizerFiles): {
  readonly [role in (typeof ID_KEYS)[number]]: readonly number[];
} {
  const settings = objectOf(files, 'generation_config.json') ?? objectOf(files, 'config.json') ?? {};
  const [bos, eos, pad] = ID_KEYS.map((key) => idList(settings[`${key}_token_id`]));
  return { bos: bos!, eos: eos!, pad: pad! };
}

/** The checkpoint's default chat template; chat_template.jinja wins over tokenizer_config.json, as in transformers. */
export function chatTemplateOf(files: TokenizerFiles): ChatTemplate | undefined {
  const own = textOf(files, 'chat_template.jinja');
  if (own !== undefined) return new ChatTemplate(own, pathOf(files, 'chat_template.jinja'));
  for (const name of ['tokenizer_config.json', 'chat_template.json']) {
    const text = defaultOf(objectOf(files, name)?.chat_template);
    if (text !== undefined) return new ChatTemplate(text, `${pathOf(files, name)}: chat_template`);
  }
  return undefined;
}

function defaultOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = (value as readonly Json[]).filter(isJsonObject);
  const chosen = named.find((entry) => entry.name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : undefined;
}
