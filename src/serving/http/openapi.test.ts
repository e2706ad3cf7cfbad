import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import { testApp } from './testing.ts';

/** What OpenAPI 3.1 lets a document of this kind hold; schemas are JSON Schema 2020-12 and checked apart. */
const content = z.record(
  z.string().regex(/^\w+\/[\w.+-]+$/),
  z.strictObject({ schema: z.record(z.string(), z.unknown()) }),
);
const operation = z.strictObject({
  operationId: z.string().min(1),
  summary: z.string().min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.literal('path'),
        required: z.literal(true),
        schema: z.strictObject({ type: z.literal('string') }),
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.strictObject({ description: z.string().min(1), content }),
  ),
});
const documentSchema = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string().regex(/^\d+\.\d+\.\d+/),
    description: z.string(),
  }),
  paths: z.record(
    z.string().startsWith('/'),
    z.strictObject({ get: operation.optional(), post: operation.optional() }),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[\w.-]+$/), z.record(z.string(), z.unknown())),
    securitySchemes: z.strictObject({
      key: z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
      xApiKey: z.strictObject({
        type: z.literal('apiKey'),
        in: z.literal('header'),
        name: z.literal('x-api-key'),
      }),
    }),
  }),
});

const document = documentSchema.parse(openApiDocument(true, true));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, one]) => ({ path, method, ...one })),
);

/** Every value under a key, at any depth. */
function underKey(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [
    ...(name === key ? [one] : []),
    ...underKey(one, key),
  ]);
}

/** Routes of the table in docs/api.md, with `key` behind those that take one. */
function documentedRoutes(): string[] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8');
  const rows = page.matchAll(/^\| `(GET|POST) (\/.*?) \| .* \| (yes|no) \|$/gm);
  return [...rows].flatMap(([, method, routes, key]) => {
    const [own, also = ''] = routes!.split(', also under ');
    const named = own!.split(', ').map((route) => route.replace(/^`(GET|POST) /, '').replaceAll('`', ''));
    const bases = ['', ...[...also.matchAll(/`(.*?)`/g)].map(([, base]) => base!)];
    return named.flatMap((route) =>
      bases.map((base) => `${method} ${base}${route}${key === 'yes' ? ' key' : ''}`),
    );
  });
}

describe('/openapi.json', () => {
  it('has the routes of docs/api.md except the page and itself, with the same need of a key', () => {
    const described = operations.map(
      (one) => `${one.method.toUpperCase()} ${one.path}${one.security.length > 0 ? ' key' : ''}`,
    );
    expect(new Set(documentedRoutes())).toEqual(new Set([...described, 'GET /', 'GET /openapi.json']));
  });

  it('is the document, and valid', async () => {
    const served: unknown = await (await testApp().app.request('/openapi.json')).json();
    expect(served).toEqual(JSON.parse(JSON.stringify(openApiDocument(false))));
    expect(documentSchema.parse(served).paths['/v1/chat/completions']!.post!.security).toEqual([]);
    expect(document.paths['/v1/chat/completions']!.post!.security).toEqual([{ key: [] }, { xApiKey: [] }]);
    expect(document.paths['/health']!.get!.security).toEqual([]);
  });

  it('points only to what it holds, and holds only what it points to', () => {
    const held = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(new Set(underKey(document, '$ref'))).toEqual(new Set(held));
  });

  it('names operations once and parameters where paths have them', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { path, parameters = [] } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.map(({ name }) => name)).toEqual(inPath);
    }
  });

  it('names routes that are there, with their methods', async () => {
    const { app } = testApp([], { weightsRoot: '/weights' });
    for (const { path, method } of operations) {
      const { status } = await app.request(path.replace('{id}', 'r1-tiny'), { method: method.toUpperCase() });
      expect([200, 415], `${method} ${path}`).toContain(status);
    }
  });

  it('has schemas of JSON Schema 2020-12 with known types only', () => {
    const types = underKey(document.components.schemas, 'type').filter((type) => typeof type === 'string');
    expect(new Set(types)).toEqual(
      new Set(['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']),
    );
    const text = JSON.stringify(document.components.schemas);
    expect(text).not.toContain('$defs');
    expect(text).not.toContain('"nullable"');
  });

  it('says of a request what the checks say', () => {
    const { ChatCompletionRequest: own, ...$defs } = document.components.schemas;
    const text = JSON.stringify({ ...own, $defs }).replaceAll('#/components/schemas/', '#/$defs/');
    const request = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
    const body = { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] };
    expect(request.safeParse(body).success).toBe(true);
    expect(request.safeParse({ ...body, temperature: 3 }).success).toBe(false);
    expect(request.safeParse({ ...body, stop: Array(17).fill('a') }).success).toBe(false);
    expect(request.safeParse({ model: 'm' }).success).toBe(false);
  });
});
