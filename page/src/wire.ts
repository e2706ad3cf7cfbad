/** @file The wire form of the API, read without trust: what is not there or of another type counts as left out. */
import type { ReplyEvent, Usage } from './reply.ts';

export interface ServedModel {
  readonly id: string;
  /** Longest prompt and reply together, in tokens; null where the server does not say. */
  readonly context: number | null;
  readonly parameters: number | null;
  readonly state: string | null;
  /** Questions that fit the model. */
  readonly examples: readonly string[];
}

export interface ServerInfo {
  readonly version: string;
  readonly era: string;
  readonly keyRequired: boolean;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** `GET /v1/models`, without the other names of models that are listed by their own. */
export function readModels(body: unknown): ServedModel[] {
  const { data } = record(body);
  const models = (Array.isArray(data) ? data : []).map(record).filter(({ id }) => text(id) !== '');
  const ids = new Set(models.map(({ id }) => id));
  return models
    .filter(({ root }) => root === undefined || !ids.has(root))
    .map((model) => ({
      id: text(model.id),
      context: number(model.context_length),
      parameters: number(model.parameters),
      state: text(model.state) || null,
      examples: (Array.isArray(model.examples) ? model.examples : []).map(text).filter((one) => one !== ''),
    }));
}

export function readServerInfo(body: unknown): ServerInfo {
  const { version, era, keyRequired } = record(body);
  return { version: text(version), era: text(era) || 'open', keyRequired: keyRequired === true };
}

/** The message of an error's body, or the body's own text where it is no such thing. */
export function readErrorMessage(body: string): string {
  try {
    const message = text(record(record(JSON.parse(body)).error).message);
    if (message !== '') return message;
  } catch {
    // Not JSON: a proxy's page, perhaps.
  }
  return body.trim().slice(0, 300);
}

/** An error that came in a stream. */
export interface StreamError {
  readonly type: 'error';
  readonly message: string;
  /** The same request may get an answer another time. */
  readonly passing: boolean;
}

/** One chunk of a streamed completion, or its error. */
export function readChunk(data: string, at: number): ReplyEvent | StreamError {
  const chunk = record(JSON.parse(data));
  if (chunk.error !== undefined) {
    const { message, type } = record(chunk.error);
    return {
      type: 'error',
      message: text(message) || 'The server broke off the reply.',
      passing: type !== 'invalid_request_error',
    };
  }
  const choice = record(Array.isArray(chunk.choices) ? chunk.choices[0] : undefined);
  const delta = record(choice.delta);
  return {
    type: 'piece',
    at,
    // vLLM's name for the field is the second one.
    reasoning: text(delta.reasoning_content) || text(delta.reasoning),
    content: text(delta.content),
    finish: text(choice.finish_reason) || null,
    usage: readUsage(chunk.usage),
  };
}

function readUsage(value: unknown): Usage | null {
  const usage = record(value);
  const completionTokens = number(usage.completion_tokens);
  if (completionTokens === null) return null;
  return {
    promptTokens: number(usage.prompt_tokens) ?? 0,
    completionTokens,
    reasoningTokens: number(record(usage.completion_tokens_details).reasoning_tokens),
  };
}
