/**
 * @file A model behind an OpenAI-compatible endpoint as the target of an evaluation: one request a response, several in
 * flight.
 *
 * The question is the only message, as the paper's protocol has it, unless the prompt is a conversation: nothing is added. Every request has a
 * seed of its own, which endpoints may ignore; a repeated evaluation is then another draw.
 */
import { Random } from '../random.ts';
import type { Completion, Json } from '../records.ts';
import type { Endpoint } from '../remote/index.ts';
import { endpointCompletion, remoteMessages } from './endpoint-completion.ts';
import type { Decoding, Draw, SampleKey, SampleRequest, Target } from './target.ts';

/** The target of an endpoint. */
export function endpointTarget(endpoint: Endpoint, decoding: Decoding): Target {
  const identity: Record<string, Json> = { endpoint: endpoint.baseUrl, model: endpoint.model, ...decoding };
  return {
    name: endpoint.model,
    identity,
    decoding,
    format: 'wellFormed',
    answer: (request) => answer(endpoint, decoding, request),
    get bill() {
      return billOf(endpoint);
    },
    close: () => undefined,
  };
}

async function answer(endpoint: Endpoint, decoding: Decoding, request: SampleRequest): Promise<void> {
  const { signal } = request;
  const waiting = missing(request);
  let failure: { readonly error: unknown } | null = null;
  // After a failure nothing new is asked; what is in flight has been paid for and is waited for.
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      if (failure !== null || signal.aborted) return;
      try {
        await request.deliver([{ ...key, completion: await ask(endpoint, decoding, request, key) }]);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: endpoint.concurrency }, worker));
  signal.throwIfAborted();
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

/** What is not there yet, first samples of all problems first, so that an early stop leaves all problems measured. */
function* missing({ draws, has }: SampleRequest): Generator<SampleKey> {
  for (const [draw, { prompts, samples }] of draws.entries()) {
    for (let sample = 0; sample < samples; sample++) {
      for (let problem = 0; problem < prompts.length; problem++) {
        const key = { draw, problem, sample };
        if (!has(key)) yield key;
      }
    }
  }
}

async function ask(
  endpoint: Endpoint,
  decoding: Decoding,
  { draws, seed, signal }: SampleRequest,
  { draw, problem, sample }: SampleKey,
): Promise<Completion> {
  const { kind, prompts, stops = [] } = draws[draw]!;
  const prompt = prompts[problem]!;
  const spelled = stops.filter(isSpelled).slice(0, MOST_STOPS);
  const reply = await endpoint.chat({
    messages: remoteMessages(prompt),
    ...decoding,
    ...(kind === 'greedy' && { temperature: 0 }),
    // OpenAI's API refuses an empty list.
    ...(spelled.length > 0 && { stop: spelled }),
    // Below 2³¹: some servers read a signed integer.
    seed: Random.derive(seed, 'endpoint', prompt.id, ...streamOf(kind, sample)).int(0, 2 ** 31 - 1),
    signal,
  });
  return endpointCompletion(prompt, reply);
}

/** Samples of one prompt in different draws have streams of their own. */
function streamOf(kind: Draw['kind'], sample: number): (string | number)[] {
  return kind === 'sampled' ? [sample] : [kind, sample];
}

function billOf({ spent }: Endpoint): string | null {
  const { requests, promptTokens, completionTokens, usd } = spent;
  if (requests === 0) return null;
  const cost = usd === null ? '' : `, $${usd.toFixed(4)}`;
  return `${requests} requests: ${promptTokens} prompt and ${completionTokens} sampled tokens${cost}`;
}

/** What OpenAI's API takes at most. */
const MOST_STOPS = 4;

/** Whether a model would spell the text: a control token ends a reply anyway, and is no text of it. */
function isSpelled(stop: string): boolean {
  return !/^<.*>$/u.test(stop);
}
