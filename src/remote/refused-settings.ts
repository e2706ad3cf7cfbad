/**
 * @file Settings that an endpoint does not take, learnt from its refusals and left out of later requests.
 *
 * OpenAI's reasoning models take `max_completion_tokens` in place of `max_tokens` and no temperature but 1; Mistral takes
 * no `seed`. Each refusal names the setting; the request is then sent without it. Other settings decide what a reply is
 * (`n`, `stop`, `response_format`), so that their refusal stands.
 */
import { isJsonObject, type Json } from '../records.ts';
import { messageIn } from './error-message.ts';

/** What is lost without each setting, for the warning. */
const WITHOUT = {
  max_tokens: 'max_completion_tokens is sent in its place',
  temperature:
    'the endpoint’s own default holds, and replies are not distributed as the recipe or command says',
  top_p: 'the endpoint’s own default holds, and replies are not distributed as the recipe or command says',
  seed: 'replies are drawn anew each time',
  stream_options: 'tokens are counted from the text where the endpoint does not tell their number',
} as const;

/** A setting that requests can do without. */
export type Setting = keyof typeof WITHOUT;

const SETTINGS = Object.keys(WITHOUT) as Setting[];

const NOT_TAKEN =
  /unsupported|not support|extra (?:inputs|fields)|not permitted|unrecogni[sz]ed|(?:unknown|unexpected|invalid) (?:parameter|field|argument|keyword)/i;

/** The settings that the body of a refusal says are not taken; empty where it complains of something else. */
export function refusedSettings(body: unknown): Setting[] {
  const message = messageIn(body);
  if (message === null || !NOT_TAKEN.test(message)) return [];
  const named = namesIn(body, 0);
  const told = SETTINGS.filter((setting) => named.includes(setting));
  if (told.length > 0) return told;
  const spoken = SETTINGS.flatMap((setting) => {
    const at = message.search(new RegExp(`(?<!\\w)${setting}(?!\\w)`));
    return at < 0 ? [] : [{ setting, at }];
  });
  // What a message names first is what it is about: "use max_completion_tokens instead" comes later.
  return spoken
    .toSorted((a, b) => a.at - b.at)
    .slice(0, 1)
    .map(({ setting }) => setting);
}

/** Levels of an error body that are looked at. */
const DEEPEST = 6;

/** Names of fields in `param` (OpenAI) and at the end of `loc` (FastAPI). */
function namesIn(value: unknown, depth: number): string[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(value)) return value.slice(0, 20).flatMap((one) => namesIn(one, depth + 1));
  if (!isJsonObject(value)) return [];
  const { param, loc } = value;
  const own = [param, Array.isArray(loc) ? loc.at(-1) : undefined];
  const inner = Object.values(value).flatMap((one) => namesIn(one, depth + 1));
  return [...own.filter((name) => typeof name === 'string'), ...inner];
}

type Body = { readonly [field: string]: Json };

/** What one endpoint has refused for one model. */
export class RefusedSettings {
  readonly #refused = new Set<Setting>();
  readonly #warn: (setting: Setting, text: string) => void;

  /** @param warn - told once of each setting, with what follows */
  constructor(warn: (setting: Setting, text: string) => void) {
    this.#warn = warn;
  }

  /** The body without what was refused before. */
  apply(body: Body): Body {
    const kept = Object.entries(body).flatMap(([field, value]): [string, Json][] => {
      if (!this.#refused.has(field as Setting)) return [[field, value]];
      return field === 'max_tokens' ? [['max_completion_tokens', value]] : [];
    });
    return Object.fromEntries(kept);
  }

  /**
   * Leaves these settings out from now on.
   * @param sent - the body that was refused
   * @returns whether the next body differs from it
   */
  learn(settings: readonly Setting[], sent: Body): boolean {
    for (const setting of settings) {
      if (this.#refused.has(setting)) continue;
      this.#refused.add(setting);
      this.#warn(setting, `${setting} is not taken: ${WITHOUT[setting]}`);
    }
    return settings.some((setting) => setting in sent);
  }
}
