import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../backend.ts';
import type { Access } from './access.ts';
import { ApiError } from './errors.ts';
import { errorSchema, healthSchema, modelListSchema, modelSchema, serverSchema } from './response-schemas.ts';
import { FOUR, MODEL, testApp } from './testing.ts';
import { TextBody } from './text-body.ts';

async function failure(response: Response | Promise<Response>) {
  const got = await response;
  expect(got.headers.get('content-type')).toMatch(/^application\/json/);
  return { status: got.status, headers: got.headers, ...errorSchema.parse(await got.json()).error };
}

describe('what every response has', () => {
  it('an id of its own, the one in the log', async () => {
    const { app, observer } = testApp();
    for (const path of ['/health', '/nowhere', '/v1/models']) {
      const response = await app.request(path);
      expect(response.headers.get('x-request-id')).toBe(observer.requests.at(-1)!.id);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(new Set(observer.requests.map(({ id }) => id)).size).toBe(3);
    expect(observer.requests.map(({ route }) => route)).toEqual(['/health', 'unknown', '/v1/models']);
  });
});

describe('routes', () => {
  it.each(['/chat/completions', '/v1/chat/completions', '/beta/chat/completions'])(
    '%s answers',
    async (path) => {
      expect((await testApp().chat({}, path)).status).toBe(200);
    },
  );

  it.each([
    ['GET', '/nowhere'],
    ['POST', '/'],
    ['POST', '/v1/embeddings'],
    ['GET', '/v1/chat/completions/x'],
    ['GET', '/%2e%2e/package.json'],
  ])('%s %s is a 404 in JSON', async (method, path) => {
    expect(await failure(testApp().app.request(path, { method }))).toMatchObject({
      status: 404,
      code: 'unknown_url',
    });
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/completions', 'POST'],
    ['OPTIONS', '/v1/chat/completions', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/v1/models/r1-tiny', 'GET, HEAD'],
    ['POST', '/health', 'GET, HEAD'],
    ['PUT', '/metrics', 'GET, HEAD'],
  ])('%s %s is a 405 that says what is possible', async (method, path, allow) => {
    const { status, headers } = await failure(testApp().app.request(path, { method }));
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe(allow);
  });

  it('list models, and DeepSeek’s names in its eras', async () => {
    const list = async (era: 'open' | 'thinking') =>
      modelListSchema.parse(await (await testApp([], { era }).app.request('/models')).json()).data;
    expect((await list('open')).map(({ id }) => id)).toEqual(['r1-tiny']);
    expect((await list('thinking')).map(({ id, root }) => [id, root])).toEqual([
      ['r1-tiny', undefined],
      ['deepseek-reasoner', 'r1-tiny'],
      ['deepseek-chat', 'r1-tiny'],
    ]);
  });

  it('name one model, also with a slash in its name', async () => {
    const { app } = testApp([], { models: [{ ...MODEL, id: 'org/r1' }] });
    for (const path of ['/v1/models/org/r1', '/models/org%2Fr1']) {
      expect(modelSchema.parse(await (await app.request(path)).json())).toMatchObject({ id: 'org/r1' });
    }
    expect(await failure(app.request('/v1/models/gpt-4'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('say what the server is', async () => {
    const { app } = testApp([], { era: 'r1' });
    const server = serverSchema.parse(await (await app.request('/server.json')).json());
    expect(server).toMatchObject({ era: 'r1', keyRequired: false });
  });

  it('hand out metrics', async () => {
    const response = await testApp().app.request('/metrics');
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(await response.text()).toBe('aha_requests_total 1\n');
  });
});

describe('/health', () => {
  const model = (state: ModelInfo['state']): ModelInfo => ({ ...MODEL, id: state, state });

  it.each([
    [['ready'], 200, 'ready'],
    [['ready', 'restarting'], 200, 'ready'],
    [['ready', 'restarting'], 200, 'ready'],
    [['ready', 'starting'], 503, 'starting'],
    [['restarting'], 503, 'unavailable'],
    [[], 503, 'unavailable'],
  ] as const)('with models %j is %i', async (states, status, word) => {
    const response = await testApp([], { models: states.map(model) }).app.request('/health');
    expect(response.status).toBe(status);
    const body = healthSchema.parse(await response.json());
    expect(body.status).toBe(word);
    expect(body.models.map(({ state }) => state)).toEqual(states);
  });

  it('is 503 while the server drains', async () => {
    const response = await testApp([], { draining: () => true }).app.request('/health');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: 'draining' });
  });
});

describe('keys', () => {
  const access: Access = {
    required: true,
    admit: (authorization) => {
      if (authorization !== 'Bearer k') throw new ApiError(401, 'Give a key.', { code: 'invalid_api_key' });
      throw new ApiError(429, 'Enough for now.', { retryAfter: 0.2 });
    },
  };

  it.each(['/v1/chat/completions', '/completions'])(
    'are asked for before a body is read at %s',
    async (path) => {
      const { post, observer } = testApp([], { access });
      expect(await failure(post(path, '{'))).toMatchObject({ status: 401, type: 'authentication_error' });
      const limited = await failure(post(path, '{', { authorization: 'Bearer k' }));
      expect(limited).toMatchObject({ status: 429, type: 'rate_limit_error' });
      expect(limited.headers.get('retry-after')).toBe('1');
      expect(observer.requests.map(({ status, key }) => [status, key])).toEqual([
        [401, null],
        [429, null],
      ]);
    },
  );

  it('are needed for models and metrics, not to see whether the server lives', async () => {
    const { app } = testApp([], { access });
    const statuses = await Promise.all(
      ['/v1/models', '/metrics', '/health', '/server.json', '/openapi.json'].map(
        async (path) => (await app.request(path)).status,
      ),
    );
    expect(statuses).toEqual([401, 401, 200, 200, 200]);
  });
});

describe('CORS', () => {
  const origin = 'http://localhost:3000';

  it('is off unless origins are named', async () => {
    const { app } = testApp();
    const response = await app.request('/v1/models', { headers: { origin } });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('lets named origins in, preflight and all, and no others', async () => {
    const { app, post } = testApp([FOUR], { corsOrigins: [origin] });
    const ask = { model: 'r1-tiny', messages: [{ role: 'user', content: 'x' }], stream: true };
    const preflight = (from: string) =>
      app.request('/v1/chat/completions', {
        method: 'OPTIONS',
        headers: {
          origin: from,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-stainless-lang',
        },
      });
    const allowed = await preflight(origin);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('x-stainless-lang');
    expect((await preflight('http://evil.example')).headers.get('access-control-allow-origin')).toBe(null);
    // Its body has stayed what a server sends without web streams.
    const streamed = await post('/v1/chat/completions', ask, { origin });
    expect(streamed.headers.get('access-control-allow-origin')).toBe(origin);
    expect(streamed.body).toBeInstanceOf(TextBody);
    const wrong = await app.request('/v1/models/x', { headers: { origin } });
    expect(wrong.headers.get('access-control-allow-origin')).toBe(origin);
  });
});
