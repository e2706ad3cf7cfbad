/**
 * @file An endpoint as a recipe names it. Keys never stand in a recipe: the name of the variable that holds one does.
 */
import { z } from 'zod';
import { createEndpoint, type Endpoint, type Warn } from './endpoint.ts';

/** Settings of an OpenAI-compatible endpoint. */
export const endpointSchema = z.strictObject({
  baseUrl: z.string().min(1).describe('Address, such as http://localhost:8000/v1'),
  model: z.string().min(1).describe('The model’s name in requests'),
  apiKeyEnv: z.string().min(1).optional().describe('Environment variable that holds the key'),
  concurrency: z.number().int().positive().default(8).describe('Requests in flight at once'),
  retries: z.number().int().min(0).default(8).describe('Attempts after the first'),
  limit: z
    .union([
      z.strictObject({ maxUsd: z.number().positive().describe('Dollars, for a model whose price is known') }),
      z.strictObject({
        maxTokens: z.number().int().positive().describe('Tokens, prompts and replies together'),
      }),
    ])
    .optional()
    .describe('Most that may be spent; a run stops before the request that might pass it'),
  cacheDir: z
    .string()
    .min(1)
    .optional()
    .describe('Directory for replies that may be used again, for runs to come'),
  stream: z.boolean().default(true).describe('Have replies streamed'),
});

export type EndpointConfig = z.output<typeof endpointSchema>;

/**
 * A client for a recipe's endpoint.
 * @param warn - told once of each setting that the endpoint does not take
 * @param cacheDir - directory for replies where the recipe names none
 */
export function openEndpoint({ limit, ...config }: EndpointConfig, warn: Warn, cacheDir?: string): Endpoint {
  const cache = config.cacheDir ?? cacheDir;
  return createEndpoint({
    ...config,
    limit: limit ?? null,
    warn,
    ...(cache === undefined ? {} : { cacheDir: cache }),
  });
}
