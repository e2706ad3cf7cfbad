/** @file Address, key and price of an endpoint, checked before anything is sent. */
import { UsageError } from '../errors.ts';
import type { Limit } from './budget.ts';
import type { Price, Prices } from './prices.ts';

/** The address without a slash at its end, and without the path of a request. */
export function cleanUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new UsageError(`"${text}" is no address`, 'Give one such as http://localhost:8000/v1.', { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError(
      `${url.protocol}//… is not HTTP`,
      'Give an address that begins with http:// or https://.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      `the address of ${url.host} holds a password`,
      'Leave it out; name the variable that holds the key instead.',
    );
  }
  const path = url.pathname.replace(/\/(?:chat\/completions)?\/*$/, '').replace(/\/+$/, '');
  return `${url.origin}${path}`;
}

/** The key in a variable; a message never holds it. @throws UsageError where there is none */
export function keyFrom(name: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (name === undefined) return undefined;
  const key = env[name]?.trim();
  if (key === undefined || key === '') {
    throw new UsageError(
      `the environment variable ${name} is not set`,
      `Put the API key in it: export ${name}=…`,
    );
  }
  // A header with such a character would be refused with the key in the message.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError(
      `${name} holds a character that no key has`,
      'Put the API key in it and nothing else.',
    );
  }
  return key;
}

/** What the model's tokens cost, or null. @throws UsageError where a limit in dollars would need to know */
export function priceFor(model: string, limit: Limit | null, prices: Prices): Price | null {
  const price = Object.hasOwn(prices, model) ? prices[model]! : null;
  if (price === null && limit !== null && 'maxUsd' in limit) {
    throw new UsageError(
      `no price is known for "${model}", so no limit in dollars can be kept`,
      `Give a table of prices: {"${model}": {"input": 0.55, "output": 2.19}}, dollars per million tokens; or a limit in tokens.`,
    );
  }
  return price;
}
