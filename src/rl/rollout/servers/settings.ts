/** @file A recipe's `policy`: the servers that sample for it, and the folder through which they get its weights. */
import path from 'node:path';
import { z } from 'zod';

/** Programs that are spoken to: `aha serve`, vLLM, SGLang. */
const KINDS = ['aha', 'vllm', 'sglang'] as const;

const folder = z
  .string()
  .min(1)
  .refine((dir) => path.posix.isAbsolute(dir), 'expected an absolute path');

const serverSchema = z.strictObject({
  url: z.string().min(1).describe('Address, such as http://gpu1:8000'),
  kind: z.enum(KINDS).describe('What runs there: `aha serve`, vLLM or SGLang'),
  apiKeyEnv: z.string().min(1).optional().describe('Environment variable that holds the server’s key'),
  model: z
    .string()
    .min(1)
    .optional()
    .describe(
      'vLLM: the model’s name in requests (--served-model-name); the only one it serves unless given',
    ),
  logprobs: z
    .enum(['raw', 'processed'])
    .default('raw')
    .describe('vLLM: what it was started with, --logprobs-mode raw_logprobs or processed_logprobs'),
  weightsDir: folder
    .optional()
    .describe('`policy.weightsDir` as this server sees it, where that is under another path'),
  concurrency: z.number().int().positive().default(64).describe('Responses asked for at once'),
});

export const policySchema = z.strictObject({
  servers: z.array(serverSchema).min(1).describe('Servers that sample, in place of this process'),
  weightsDir: folder
    .optional()
    .describe(
      'Folder that trainer and servers share, for this run alone: new weights go through it; `weights` in the stage’s folder unless given',
    ),
  responseMinutes: z
    .number()
    .positive()
    .default(30)
    .describe('Longest time for one response; a server that takes longer is taken out'),
  updateMinutes: z
    .number()
    .positive()
    .default(10)
    .describe('Longest time for loading new weights; a server that takes longer is taken out'),
  probeSeconds: z
    .number()
    .positive()
    .default(5)
    .describe('Seconds between two looks at a server’s health; three without an answer take it out'),
  waitMinutes: z
    .number()
    .positive()
    .default(10)
    .describe('How long a run waits while no server answers, before it ends with an error'),
});

export type PolicyServers = z.output<typeof policySchema>;
export type ServerConfig = PolicyServers['servers'][number];

/** How a stage samples, as far as servers may not be able to. */
interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
}

/**
 * What is wrong with sampling from these servers: their log-probabilities must be those at the sampling temperature,
 * before top-k and top-p, as a trainer computes them again.
 * @returns one message for each server, with its place in the list
 */
export function serverConflicts(
  { servers }: PolicyServers,
  { temperature, topP, topK }: Sampling,
): { readonly server: number; readonly message: string }[] {
  return servers.flatMap(({ kind, logprobs }, server) => {
    if (kind !== 'vllm') return [];
    const isRaw = temperature === 1 || temperature === 0;
    if (logprobs === 'raw' && !isRaw) {
      const message =
        `vLLM’s raw log-probabilities are those at temperature 1, and sampling.temperature is ${temperature}: ` +
        'start it with --logprobs-mode processed_logprobs and set logprobs to "processed"';
      return [{ server, message }];
    }
    if (logprobs === 'processed' && (temperature === 0 || topP < 1 || topK > 0)) {
      const message =
        'vLLM’s processed log-probabilities are those after top-k and top-p: sample without them at a temperature ' +
        'above 0, or start it with --logprobs-mode raw_logprobs and set logprobs to "raw"';
      return [{ server, message }];
    }
    return [];
  });
}
