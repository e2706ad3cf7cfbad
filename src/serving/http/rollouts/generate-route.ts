/** @file `POST /generate`: a response to a prompt in tokens, as a trainer needs it. */
import type { z } from 'zod';
import type { GenerationEvent, GenerationRequest, ModelInfo } from '../../backend.ts';
import { requireKnown } from '../completion-request.ts';
import type { AppContext, AppOptions } from '../context.ts';
import type { Exchange } from '../exchange.ts';
import { checkBody, readJsonObject } from '../json-body.ts';
import { PatientReader } from '../patient-reader.ts';
import type { WholeWire } from '../reply-wire.ts';
import { wholeReply } from '../respond.ts';
import { type GenerateReply, generateRequestSchema } from './generate-schema.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

/** The server has one model, see `aha serve --update-weights-from`. */
export async function generateRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { backend, keepAliveMs, maxBodyBytes } = options;
  const { exchange } = c.var;
  const body = checkBody(generateRequestSchema, await readJsonObject(c.req.raw, maxBodyBytes), 400);
  const model = backend.models()[0]!;
  exchange.model = model.id;
  const starting = backend.generate(model.id, requestOf(body, model), exchange.signal);
  const reply = {
    exchange,
    events: new PatientReader(starting, exchange.signal),
    keepAliveMs,
    finishInterrupted: false,
    check: () => undefined,
  };
  return wholeReply(reply, new GenerateWhole(exchange));
}

function requestOf(
  { input_ids: ids, sampling_params: asked }: z.output<typeof generateRequestSchema>,
  { vocabSize }: ModelInfo,
): GenerationRequest {
  requireKnown(ids, 'input_ids', vocabSize);
  const stopTokens = asked.stop_token_ids ?? [];
  return {
    prompt: { kind: 'tokens', ids },
    n: 1,
    sampling: {
      temperature: asked.temperature,
      topP: asked.top_p,
      topK: Math.max(0, asked.top_k),
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: {},
      seed: asked.sampling_seed ?? null,
    },
    limits: { maxTokens: asked.max_new_tokens, maxAnswerTokens: null, maxThinkingTokens: null },
    stop: [],
    topLogprobs: null,
    format: { type: 'text' },
    rollout: { stopTokens, endTokens: !asked.ignore_eos, random: asked.random_state ?? null },
  };
}

/** The reply whole, under SGLang's names. */
class GenerateWhole implements WholeWire {
  readonly #exchange: Exchange;
  #finish: Finish | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  event(event: GenerationEvent): void {
    if (event.type === 'finish') this.#finish = event;
  }

  end(): GenerateReply {
    const { reason, rollout } = this.#finish!;
    const { tokens, logprobs, text, weightVersion } = rollout!;
    const { usage } = this.#exchange.meter;
    return {
      text,
      output_ids: [...tokens],
      meta_info: {
        id: this.#exchange.id,
        finish_reason:
          reason === 'stop'
            ? { type: 'stop', matched: tokens.at(-1)! }
            : { type: 'length', length: tokens.length },
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        cached_tokens: usage.prompt_cache_hit_tokens,
        weight_version: weightVersion,
        output_token_logprobs: tokens.map((token, i) => [logprobs[i]!, token, null]),
      },
    };
  }
}
