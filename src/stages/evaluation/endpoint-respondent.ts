/**
 * @file A model behind an OpenAI-compatible endpoint: one request a sample, several in flight.
 *
 * The question is the only message: no system prompt, no examples, as the paper's protocol has it. Every request has a
 * seed of its own, which endpoints may ignore; a repeated evaluation is then another draw.
 */
import { Random } from '../../random.ts';
import type { Json } from '../../records.ts';
import type { ChatReply, Endpoint } from '../../remote/index.ts';
import type { Assignment, Decoding, Reply, Respondent, SampleKey } from './respondent.ts';

/** The respondent of an endpoint. */
export function endpointRespondent(endpoint: Endpoint, decoding: Decoding): Respondent {
  const identity: Record<string, Json> = { endpoint: endpoint.baseUrl, model: endpoint.model, ...decoding };
  return {
    name: endpoint.model,
    identity,
    decoding,
    answer: (assignment) => answer(endpoint, decoding, assignment),
    get bill() {
      return billOf(endpoint);
    },
    close: () => undefined,
  };
}

async function answer(endpoint: Endpoint, decoding: Decoding, assignment: Assignment): Promise<void> {
  const { signal } = assignment;
  const waiting = missing(assignment);
  let failure: { readonly error: unknown } | null = null;
  // After a failure nothing new is asked; what is in flight has been paid for and is waited for.
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      if (failure !== null || signal.aborted) return;
      try {
        await assignment.deliver([await ask(endpoint, decoding, assignment, key)]);
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
function* missing({ prompts, k, has }: Assignment): Generator<SampleKey> {
  for (let sample = 0; sample < k; sample++) {
    for (let problem = 0; problem < prompts.length; problem++) {
      if (!has({ problem, sample })) yield { problem, sample };
    }
  }
}

async function ask(
  endpoint: Endpoint,
  decoding: Decoding,
  { prompts, seed, signal }: Assignment,
  key: SampleKey,
): Promise<Reply> {
  const prompt = prompts[key.problem]!;
  const reply = await endpoint.chat({
    messages: [{ role: 'user', content: prompt.text }],
    ...decoding,
    // Below 2³¹: some servers read a signed integer.
    seed: Random.derive(seed, 'endpoint', prompt.id, key.sample).int(0, 2 ** 31 - 1),
    signal,
  });
  return { ...key, ...readReply(reply) };
}

function readReply({ response, finish, usage }: ChatReply): Omit<Reply, keyof SampleKey> {
  return {
    text: response.text,
    answer: response.content,
    formatted: finish !== 'length' && response.thought !== null && response.content !== null,
    finish: finish === 'length' ? 'length' : 'stop',
    length: usage.completionTokens,
  };
}

function billOf({ spent }: Endpoint): string | null {
  const { requests, promptTokens, completionTokens, usd } = spent;
  if (requests === 0) return null;
  const cost = usd === null ? '' : `, $${usd.toFixed(4)}`;
  return `${requests} requests: ${promptTokens} prompt and ${completionTokens} sampled tokens${cost}`;
}
