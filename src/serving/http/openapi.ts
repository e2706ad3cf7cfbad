/** @file `/openapi.json`: OpenAPI 3.1, made from the schemas that check requests. */
import { z } from 'zod';
import type { Json, JsonObject } from '../../records.ts';
import { VERSION } from '../../version.ts';
import { chatRequestSchema } from './chat-schema.ts';
import { tokenIdsSchema } from './completion-prompt.ts';
import { completionRequestSchema } from './completion-request.ts';
import {
  anthropicErrorSchema,
  anthropicReplySchema,
  countReplySchema,
  countRequestSchema,
  messageEventSchema,
  messagesRequestSchema,
} from './messages/index.ts';
import * as responses from './response-schemas.ts';
import { responseEventSchema, responseSchema, responsesRequestSchema } from './responses/index.ts';
import {
  generateReplySchema,
  generateRequestSchema,
  updateWeightsReplySchema,
  updateWeightsRequestSchema,
} from './rollouts/index.ts';

const SCHEMAS = [
  chatRequestSchema,
  completionRequestSchema,
  tokenIdsSchema,
  responsesRequestSchema,
  responseSchema,
  responseEventSchema,
  messagesRequestSchema,
  countRequestSchema,
  countReplySchema,
  anthropicReplySchema,
  anthropicErrorSchema,
  messageEventSchema,
  ...Object.values(responses),
] as readonly z.ZodType[];

/** Of a server that samples for a trainer. */
const ROLLOUT_SCHEMAS = [
  generateRequestSchema,
  generateReplySchema,
  updateWeightsRequestSchema,
  updateWeightsReplySchema,
] as readonly z.ZodType[];

interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly key: boolean;
  readonly body?: z.ZodType;
  readonly reply: z.ZodType | 'text';
  /** One of these for each server-sent event. */
  readonly chunk?: z.ZodType;
  readonly errors: readonly number[];
  /** The body of its errors, where it is not that of the others. */
  readonly error?: z.ZodType;
}

const MODEL_ERRORS = [400, 401, 404, 408, 413, 415, 422, 429, 500, 503];

const OPERATIONS: readonly Operation[] = [
  ...['', '/v1', '/beta'].flatMap((base): Operation[] => {
    const suffix = base.slice(1);
    return [
      {
        method: 'post',
        path: `${base}/chat/completions`,
        id: `chat${suffix}`,
        summary: 'A reply to a conversation',
        key: true,
        body: chatRequestSchema,
        reply: responses.chatCompletionSchema,
        chunk: responses.chatChunkSchema,
        errors: MODEL_ERRORS,
      },
      {
        method: 'post',
        path: `${base}/completions`,
        id: `completion${suffix}`,
        summary: 'A continuation of a text',
        key: true,
        body: completionRequestSchema,
        reply: responses.completionSchema,
        chunk: responses.completionSchema,
        errors: MODEL_ERRORS,
      },
      {
        method: 'get',
        path: `${base}/models`,
        id: `models${suffix}`,
        summary: 'The served models',
        key: true,
        reply: responses.modelListSchema,
        errors: [401, 429],
      },
      {
        method: 'get',
        path: `${base}/models/{id}`,
        id: `model${suffix}`,
        summary: 'One served model',
        key: true,
        reply: responses.modelSchema,
        errors: [401, 404, 429],
      },
    ];
  }),
  ...['', '/v1'].map(
    (base): Operation => ({
      method: 'post',
      path: `${base}/responses`,
      id: `response${base.slice(1)}`,
      summary: 'A reply to a conversation, in OpenAI’s responses API',
      key: true,
      body: responsesRequestSchema,
      reply: responseSchema,
      chunk: responseEventSchema,
      errors: MODEL_ERRORS,
    }),
  ),
  ...['', '/v1', '/anthropic/v1'].map(
    (base): Operation => ({
      method: 'post',
      path: `${base}/messages/count_tokens`,
      id: `count${base.replaceAll('/', '')}`,
      summary: 'The number of tokens of a prompt, in Anthropic’s API',
      key: true,
      body: countRequestSchema,
      reply: countReplySchema,
      errors: MODEL_ERRORS,
      error: anthropicErrorSchema,
    }),
  ),
  ...['', '/v1', '/anthropic/v1'].map(
    (base): Operation => ({
      method: 'post',
      path: `${base}/messages`,
      id: `message${base.replaceAll('/', '')}`,
      summary: 'A reply to a conversation, in Anthropic’s API',
      key: true,
      body: messagesRequestSchema,
      reply: anthropicReplySchema,
      chunk: messageEventSchema,
      errors: MODEL_ERRORS,
      error: anthropicErrorSchema,
    }),
  ),
  {
    method: 'get',
    path: '/health',
    id: 'health',
    summary: 'The state of the server and of each model; 503 with the same body while no request is accepted',
    key: false,
    reply: responses.healthSchema,
    errors: [],
  },
  {
    method: 'get',
    path: '/server.json',
    id: 'server',
    summary: 'Name, version and era of the server, and whether it needs a key',
    key: false,
    reply: responses.serverSchema,
    errors: [],
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    summary: 'Metrics in Prometheus’ format',
    key: true,
    reply: 'text',
    errors: [401, 429],
  },
];

/** Of a server that samples for a trainer. */
const ROLLOUT_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/generate',
    id: 'generate',
    summary: 'A response in tokens with log-probabilities to a prompt in tokens, in SGLang’s API',
    key: true,
    body: generateRequestSchema,
    reply: generateReplySchema,
    errors: MODEL_ERRORS,
  },
  {
    method: 'post',
    path: '/update_weights_from_disk',
    id: 'updateWeights',
    summary: 'Replaces the weights by those of a checkpoint on the server’s disk, in SGLang’s API',
    key: true,
    body: updateWeightsRequestSchema,
    reply: updateWeightsReplySchema,
    errors: [400, 401, 403, 413, 415, 429, 503],
  },
];

/**
 * The document.
 * @param keyRequired - whether routes that take a key need one
 * @param rollouts - whether the server samples for a trainer
 */
export function openApiDocument(keyRequired: boolean, rollouts = false): JsonObject {
  const paths: { [path: string]: { [method: string]: Json } } = {};
  for (const operation of [...OPERATIONS, ...(rollouts ? ROLLOUT_OPERATIONS : [])]) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method] = describeOperation(operation, keyRequired);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'aha serve',
      version: VERSION,
      description:
        'Reasoning models; a reply has its thought and its answer in separate fields. Compatible with OpenAI’s, DeepSeek’s and Anthropic’s APIs.',
    },
    paths,
    components: {
      schemas: componentSchemas([...SCHEMAS, ...(rollouts ? ROLLOUT_SCHEMAS : [])]),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        xApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

function describeOperation(operation: Operation, keyRequired: boolean): JsonObject {
  const { id, summary, key, body, path, errors } = operation;
  const error = {
    description: 'Refused or failed',
    content: json(operation.error ?? responses.errorSchema),
  };
  return {
    operationId: id,
    summary,
    security: key && keyRequired ? [{ key: [] }, { xApiKey: [] }] : [],
    ...(path.includes('{id}')
      ? { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] }
      : {}),
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: { description: summary, content: replyContent(operation) },
      ...Object.fromEntries(errors.map((status) => [status, error])),
    },
  };
}

function replyContent({ reply, chunk }: Operation): JsonObject {
  if (reply === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  return {
    ...json(reply),
    ...(chunk === undefined ? {} : { 'text/event-stream': { schema: reference(chunk) } }),
  };
}

function json(schema: z.ZodType): JsonObject {
  return { 'application/json': { schema: reference(schema) } };
}

function reference(schema: z.ZodType): JsonObject {
  return { $ref: `#/components/schemas/${schema.meta()!.id!}` };
}

/** Each schema that has a name, and what they share. */
function componentSchemas(schemas: readonly z.ZodType[]): JsonObject {
  const components: { [name: string]: Json } = {};
  for (const schema of schemas) {
    const made = z.toJSONSchema(schema, {
      io: 'input',
      reused: 'inline',
      // JSON has integers of any size, TypeScript's number does not.
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (z.globalRegistry.get(zodSchema)?.type === 'integer') delete jsonSchema.anyOf;
      },
    }) as JsonObject;
    const { $schema: _dialect, $defs: shared, ...own } = made;
    components[schema.meta()!.id!] = relocate(own);
    for (const [name, one] of Object.entries((shared ?? {}) as JsonObject)) components[name] = relocate(one);
  }
  return components;
}

/** zod points to `#/$defs/…`, the document keeps its schemas elsewhere; ids would open scopes of their own. */
function relocate(value: Json): Json {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]): [string, Json][] => {
      if (key === 'id' && typeof one === 'string') return [];
      if (key === '$ref' && typeof one === 'string') {
        return [[key, one.replace('#/$defs/', '#/components/schemas/')]];
      }
      return [[key, relocate(one)]];
    }),
  );
}
