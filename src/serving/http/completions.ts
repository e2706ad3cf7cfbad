/**
 * @file `POST /v1/completions`, also without `/v1` and under `/beta`: text that is gone on with, without a chat template.
 * Its body, the requests to the backend made of it (one for each prompt), and its replies, streamed and in one piece.
 */

import { z } from 'zod';
import type { GenerationEvent, GenerationRequest, ModelInfo } from '../backend.ts';
import type { Delta } from './choice-reader.ts';
import type { AppContext, AppOptions } from './context.ts';
import { ERA_RULES, type EraRules } from './eras.ts';
import { ApiError } from './errors.ts';
import { checkBody, type JsonObject, readJsonObject } from './json-body.ts';
import { mergeEvents } from './merge-events.ts';
import { findModel, type NamedModel } from './model-name.ts';
import { PatientReader } from './patient-reader.ts';
import {
  DONE,
  ReplyChunks,
  type ReplyChunksOptions,
  replyHead,
  type StreamWire,
  type WholeWire,
} from './reply-wire.ts';
import { honouredSampling, replyFields, samplingFields, stopStrings, usageChunk } from './request-fields.ts';
import { type Reply, streamReply, wholeReply } from './respond.ts';
import { type TextLogprobs, textLogprobs } from './wire-logprobs.ts';

/** OpenAI's default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

export interface CompletionPlan {
  readonly model: NamedModel;
  readonly requests: readonly GenerationRequest[];
  readonly stream: boolean;
  readonly usageChunk: boolean;
}

/** The eras are of the chat API; here everything is honoured in each. */
export function planCompletion(
  body: JsonObject,
  { rules, models }: { readonly rules: EraRules; readonly models: readonly ModelInfo[] },
): CompletionPlan {
  const asked = checkBody(completionRequestSchema, body, 400);
  const model = findModel(asked.model, models, rules);
  const prompts = typeof asked.prompt === 'string' ? [asked.prompt] : asked.prompt;
  return {
    model,
    requests: prompts.map((text) => ({
      prompt: { kind: 'text', text, ...(asked.control_tokens === true ? { controlTokens: true } : {}) },
      n: asked.n ?? 1,
      sampling: honouredSampling(asked),
      limits: {
        maxTokens: asked.max_tokens ?? DEFAULT_MAX_TOKENS,
        maxAnswerTokens: null,
        maxThinkingTokens: null,
      },
      stop: stopStrings(asked),
      topLogprobs: asked.logprobs ?? null,
      format: { type: 'text' },
    })),
    stream: asked.stream === true,
    usageChunk: usageChunk(asked),
  };
}

export const completionRequestSchema = z
  .object({
    model: z.string().min(1),
    prompt: z
      .union([z.string(), z.array(z.string()).min(1).max(64)])
      .describe('One text or several; token ids are not taken'),
    max_tokens: z.int().min(1).nullish().describe('16 when left out'),
    ...samplingFields,
    ...replyFields,
    logprobs: z.int().min(0).max(20).nullish().describe('Alternatives to report for each token'),
    control_tokens: z
      .boolean()
      .nullish()
      .describe('Read control tokens in the prompt as such; otherwise they are letters'),
    echo: z.literal(false, 'echo is not supported: the prompt is not sent back').nullish(),
    suffix: z.literal('', 'suffix is not supported: text is only gone on with').nullish(),
    best_of: z.literal(1, 'best_of is not supported; ask for n replies').nullish(),
  })
  .meta({ id: 'CompletionRequest' });

export type CompletionRequest = z.output<typeof completionRequestSchema>;

/** `n`: replies to all prompts together. */
export interface CompletionWireOptions extends ReplyChunksOptions {
  readonly logprobs: boolean;
}

/** The text a delta adds: without a chat there is no thought to tell apart. */
const textOf = ({ reasoning, content }: Delta): string => reasoning + content;
const tokensOf = ({ reasoningLogprobs = [], contentLogprobs = [] }: Delta) => [
  ...reasoningLogprobs,
  ...contentLogprobs,
];

export class CompletionStream implements StreamWire {
  readonly #options: CompletionWireOptions;
  readonly #offsets: number[];
  readonly #chunks: ReplyChunks;

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#offsets = Array.from({ length: options.n }, () => 0);
    this.#chunks = new ReplyChunks(options);
  }

  event(event: GenerationEvent): string {
    if (event.type === 'start') return '';
    if (event.type === 'finish') return this.#last(event.index, event.reason);
    const [text, tokens] = [textOf(event), tokensOf(event)];
    if (text === '' && (tokens.length === 0 || !this.#options.logprobs)) return '';
    const offset = this.#offsets[event.index]!;
    this.#offsets[event.index] = offset + tokens.reduce((sum, { token }) => sum + token.length, 0);
    const logprobs = this.#options.logprobs && tokens.length > 0 ? textLogprobs(tokens, offset) : null;
    return this.#chunks.choice({ text, index: event.index, logprobs, finish_reason: null });
  }

  interrupted(): string {
    return this.#chunks.lastOfAll((index) => this.#last(index, 'insufficient_system_resource'));
  }

  end(): string {
    return DONE;
  }

  #last(index: number, reason: string): string {
    return this.#chunks.last(index, { text: '', index, logprobs: null, finish_reason: reason });
  }
}

interface Growing {
  readonly text: string[];
  readonly logprobs: TextLogprobs;
  offset: number;
  finish: string;
}

export class CompletionWhole implements WholeWire {
  readonly #options: CompletionWireOptions;
  readonly #choices: Growing[];

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#choices = Array.from({ length: options.n }, () => ({
      text: [],
      logprobs: textLogprobs([], 0),
      offset: 0,
      finish: 'insufficient_system_resource',
    }));
  }

  event(event: GenerationEvent): void {
    if (event.type === 'start') return;
    const choice = this.#choices[event.index]!;
    if (event.type === 'finish') {
      choice.finish = event.reason;
      return;
    }
    choice.text.push(textOf(event));
    const added = textLogprobs(tokensOf(event), choice.offset);
    choice.offset += added.tokens.reduce((sum, token) => sum + token.length, 0);
    choice.logprobs.tokens.push(...added.tokens);
    choice.logprobs.token_logprobs.push(...added.token_logprobs);
    choice.logprobs.top_logprobs.push(...added.top_logprobs);
    choice.logprobs.text_offset.push(...added.text_offset);
  }

  interrupted(): void {
    // Replies that have not finished already say so.
  }

  end(): object {
    const { head, meter, logprobs } = this.#options;
    const choices = this.#choices.map((choice, index) => ({
      text: choice.text.join(''),
      index,
      logprobs: logprobs ? choice.logprobs : null,
      finish_reason: choice.finish,
    }));
    return { ...head, choices, usage: meter.usage };
  }
}

/** More than the server ever takes at once would be told to come back for ever. */
function requireRoom(replies: number, most: number): void {
  if (replies <= most) return;
  const text = `prompts × n is ${replies}; this server takes ${most} replies at once at most.`;
  throw new ApiError(400, text, { param: 'prompt' });
}

export async function completionsRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { backend, era, keepAliveMs, maxBodyBytes } = options;
  const rules = ERA_RULES[era];
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, maxBodyBytes);
  const plan = planCompletion(body, { rules, models: backend.models() });
  const { model, requests } = plan;
  exchange.model = model.info.id;
  const { n } = requests[0]!;
  requireRoom(n * requests.length, model.info.maxReplies);
  const starting = requests.map((request) => backend.generate(model.info.id, request, exchange.signal));
  const reply: Reply = {
    exchange,
    events: new PatientReader(mergeEvents(starting, n), exchange.signal),
    keepAliveMs,
    finishInterrupted: rules.interrupted === 'finish',
    check: () => undefined,
  };
  const wire = {
    head: replyHead('cmpl', 'text_completion', exchange, model),
    n: n * requests.length,
    logprobs: requests[0]!.topLogprobs !== null,
    usageChunk: plan.usageChunk,
    meter: exchange.meter,
  };
  return plan.stream
    ? streamReply(reply, new CompletionStream(wire))
    : wholeReply(reply, new CompletionWhole(wire));
}
