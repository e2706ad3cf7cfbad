/**
 * @file Prices of endpoints, in US dollars per million tokens, and the cost of a request.
 *
 * The figures of deepseek-reasoner are those of its release (January 2025): $0.55 for input (a cache miss) and $2.19 for
 * output, thinking included. A file of the same shape replaces or adds models; a model that is on neither list has no
 * price, and a limit in dollars is refused for it.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '../errors.ts';

const perMillion = z.number().nonnegative();

const priceSchema = z.strictObject({
  input: perMillion,
  output: perMillion,
  /** Input that the endpoint's prefix cache already held; as `input` where left out. */
  cachedInput: perMillion.optional(),
});

const pricesSchema = z.record(z.string(), priceSchema);

/** Dollars per million tokens. */
export type Price = z.output<typeof priceSchema>;
export type Prices = z.output<typeof pricesSchema>;

/** Prices by the model's name in requests. */
export const PRICES: Prices = {
  'deepseek-reasoner': { input: 0.55, cachedInput: 0.14, output: 2.19 },
};

/** Tokens a request took. */
export interface Usage {
  /** Prompt tokens, cached ones included. */
  readonly promptTokens: number;
  /** Of those, read from the endpoint's prefix cache. */
  readonly cachedTokens: number;
  /** Sampled tokens, thinking included. */
  readonly completionTokens: number;
  /** Of those, thinking; null where the endpoint does not tell. */
  readonly reasoningTokens: number | null;
  /** The endpoint did not say: counted from the bytes of the text, so too high rather than too low. */
  readonly estimated: boolean;
}

/** Dollars for a request. */
export function costOf(usage: Usage, price: Price): number {
  const { promptTokens, cachedTokens, completionTokens } = usage;
  const cached = cachedTokens * (price.cachedInput ?? price.input);
  return ((promptTokens - cachedTokens) * price.input + cached + completionTokens * price.output) / 1e6;
}

/**
 * The table with the entries of a file laid over it: `{"my-model": {"input": 0.1, "output": 0.4}}`.
 * @throws UsageError when the file cannot be read or is of another shape
 */
export function readPrices(path: string, base: Prices = PRICES): Prices {
  try {
    return { ...base, ...pricesSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UsageError(
      `${path}: not a table of prices: ${why}`,
      'Write {"<model>": {"input": 0.55, "output": 2.19}}, dollars per million tokens.',
      { cause },
    );
  }
}
