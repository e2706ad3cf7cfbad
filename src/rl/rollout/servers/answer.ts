/** @file Answers of rollout servers, checked before anything is learnt from them. */
import type { Response } from '../../../inference/engine/index.ts';
import { EndpointError, type Host } from '../../../remote/index.ts';
import type { SequenceAnswer, SequenceRequest } from './wire.ts';

const LOOK = 'Look at the server’s log; check that its kind and version are those of the recipe.';

/** The server answered something that cannot be. */
export function nonsense({ baseUrl }: Host, what: string): EndpointError {
  return new EndpointError(`${baseUrl}: ${what}`, LOOK, { kind: 'lost' });
}

/**
 * The response, tokens as the server sampled them.
 * @param version - of the weights that it has to be sampled by
 * @throws EndpointError where that cannot be a response to the request
 */
export function checked(
  host: Host,
  request: SequenceRequest,
  { tokens, logprobs, finish, version: told }: SequenceAnswer,
  { version, vocabSize }: { readonly version: string; readonly vocabSize: number },
): Response {
  const { maxTokens, stopTokens } = request;
  const wrong = (what: string): EndpointError => nonsense(host, what);
  if (told !== null && told !== version) {
    throw wrong(
      `sampled by weights "${told}", not by "${version}": it was restarted, or another trainer uses it`,
    );
  }
  const strange = tokens.find(
    (id) => !Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize,
  );
  if (strange !== undefined) throw wrong(`${JSON.stringify(strange)} is no token id of the model`);
  const { length } = tokens;
  if (length === 0 || length > maxTokens)
    throw wrong(`${length} tokens, where 1 to ${maxTokens} were asked for`);
  if (logprobs.length !== length) throw wrong(`${logprobs.length} log-probabilities for ${length} tokens`);
  const bad = logprobs.find((value) => typeof value !== 'number' || !(value <= ROUNDING));
  if (bad !== undefined) throw wrong(`${JSON.stringify(bad)} is no log-probability`);
  const isStopped = stopTokens.includes(tokens.at(-1) as number);
  if (finish === 'stop' && !isStopped) throw wrong('a response that ended without one of its stop tokens');
  if (finish === 'length' && length < maxTokens) {
    throw new EndpointError(
      `${host.baseUrl}: a response cut at ${length} of ${maxTokens} tokens: the server’s context is too short`,
      'Start it with a longer one (aha: --context, vLLM: --max-model-len, SGLang: --context-length), or lower `sampling.maxTokens`.',
      { kind: 'refused' },
    );
  }
  return {
    tokens: Int32Array.from(tokens as readonly number[]),
    logprobs: Float32Array.from(logprobs as readonly number[]),
    finish: isStopped ? 'stop' : finish,
  };
}

/** A log-probability of a certain token may be rounded to above 0. */
const ROUNDING = 1e-3;
