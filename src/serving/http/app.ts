/**
 * @file `createApp`: the HTTP interface of a server, compatible with OpenAI's, DeepSeek's and Anthropic's APIs.
 *
 * Nothing here computes: requests become plain data for the backend, its events become text. TLS, the socket and its
 * time limits are the server's around it.
 */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { VERSION } from '../../version.ts';
import { chatRoute } from './chat-route.ts';
import { completionsRoute } from './completions-route.ts';
import type { App, AppContext, AppOptions, Variables } from './context.ts';
import { ApiError, toApiError } from './errors.ts';
import { Exchange } from './exchange.ts';
import { healthRoute } from './health-route.ts';
import { countTokensRoute, messageErrorBody, messagesRoute } from './messages/index.ts';
import { listModels, oneModel } from './models-route.ts';
import { openApiDocument } from './openapi.ts';
import { readPage, servePage } from './page-files.ts';
import { responsesRoute } from './responses/index.ts';
import { generateRoute, updateWeightsRoute } from './rollouts/index.ts';

export type { AppOptions } from './context.ts';

const RESPONSES_BASES = ['', '/v1'];
/** `/anthropic` is where DeepSeek has this API. */
const MESSAGES_BASES = ['', '/v1', '/anthropic/v1'];

type Handler = (c: AppContext) => Response | Promise<Response>;

/**
 * The routes of a server.
 * @throws UserError where the chat page's directory cannot be read
 */
export function createApp(options: AppOptions): App {
  const app: App = new Hono<{ Variables: Variables }>();
  app.onError((error, c) => {
    const shown = toApiError(error, c.var.exchange.report);
    const body = c.var.exchange.errorBody(shown);
    return Response.json(body, { status: shown.status, headers: shown.headers });
  });
  app.notFound((c) => {
    const where = `${c.req.method} ${c.req.path}`.slice(0, 200);
    return c.json(new ApiError(404, `There is no ${where}.`, { code: 'unknown_url' }).body(), 404);
  });
  app.use(observed(options));
  if (options.corsOrigins.length > 0) app.use(crossOrigin(options.corsOrigins));
  addModelRoutes(app, options);
  addServiceRoutes(app, options);
  if (options.weightsRoot) addRolloutRoutes(app, options, options.weightsRoot);
  if (options.pageDir !== null) addPage(app, options.pageDir);
  return app;
}

function addModelRoutes(app: App, options: AppOptions): void {
  const post = posting(app, options);
  const get = (path: string, handler: Handler): void => {
    app.get(path, admitted(path, options), handler);
    app.all(path, refuseMethod(path, 'GET, HEAD'));
  };
  for (const base of ['', '/v1', '/beta']) {
    post(`${base}/chat/completions`, (c) => chatRoute(c, options));
    post(`${base}/completions`, (c) => completionsRoute(c, options));
    get(`${base}/models`, (c) => listModels(c, options));
    get(`${base}/models/:id{.+}`, (c) => oneModel(c, options));
  }
  for (const base of RESPONSES_BASES) post(`${base}/responses`, (c) => responsesRoute(c, options));
  for (const base of MESSAGES_BASES) {
    app.use(`${base}/messages/*`, speakAnthropic);
    post(`${base}/messages`, (c) => messagesRoute(c, options));
    post(`${base}/messages/count_tokens`, (c) => countTokensRoute(c, options));
  }
}

/** Routes of a server that samples for a trainer. */
function addRolloutRoutes(app: App, options: AppOptions, weightsRoot: string): void {
  const post = posting(app, options);
  post('/generate', (c) => generateRoute(c, options));
  post('/update_weights_from_disk', (c) => updateWeightsRoute(c, options, weightsRoot));
}

/** Adds routes that take POST alone, with a key. */
function posting(app: App, options: AppOptions) {
  return (path: string, handler: Handler): void => {
    app.post(path, admitted(path, options), handler);
    app.all(path, refuseMethod(path, 'POST'));
  };
}

function addServiceRoutes(app: App, options: AppOptions): void {
  const { access, backend, era, observer } = options;
  const document = JSON.stringify(openApiDocument(access.required, Boolean(options.weightsRoot)));
  const get = (path: string, handler: Handler): void => {
    app.get(path, (c) => {
      c.var.exchange.route = path;
      return handler(c);
    });
    app.all(path, refuseMethod(path, 'GET, HEAD'));
  };
  get('/health', (c) => healthRoute(c, options));
  get('/server.json', (c) => c.json({ name: 'aha', version: VERSION, era, keyRequired: access.required }));
  get('/openapi.json', (c) => c.body(document, 200, { 'content-type': 'application/json' }));
  app.get('/metrics', admitted('/metrics', options), async (c) => {
    const { body, contentType } = await observer.metrics(backend);
    return c.body(body, 200, { 'content-type': contentType });
  });
  app.all('/metrics', refuseMethod('/metrics', 'GET, HEAD'));
}

function addPage(app: App, directory: string): void {
  const page = readPage(directory);
  app.get('/*', (c) => {
    const response = servePage(c, page);
    if (response !== null) c.var.exchange.route = 'page';
    return response ?? c.notFound();
  });
  app.all('/', refuseMethod('page', 'GET, HEAD'));
}

/** Gives each request its exchange, and sees that it ends. */
function observed({ observer }: AppOptions) {
  return async (c: AppContext, next: () => Promise<void>): Promise<void> => {
    const exchange = new Exchange(c.req.raw, observer);
    c.set('exchange', exchange);
    await next();
    c.res.headers.set('x-request-id', exchange.id);
    c.res.headers.set('x-content-type-options', 'nosniff');
    c.res.headers.set('referrer-policy', 'no-referrer');
    if (!exchange.streaming) exchange.end(c.res.status);
  };
}

/** Errors of this route are in Anthropic's form, whatever goes wrong. */
async function speakAnthropic(c: AppContext, next: () => Promise<void>): Promise<void> {
  const { exchange } = c.var;
  exchange.errorBody = (error) => messageErrorBody(error, exchange.id);
  await next();
  // The name that Anthropic's clients look for.
  c.res.headers.set('request-id', exchange.id);
}

/** Lets a request in by its key. */
function admitted(route: string, { access }: AppOptions) {
  return async (c: AppContext, next: () => Promise<void>): Promise<void> => {
    c.var.exchange.route = route.replace('{.+}', '');
    c.var.exchange.admission = access.admit(keyHeader(c));
    await next();
  };
}

/** The key as OpenAI's clients send it, or as Anthropic's do. */
function keyHeader(c: AppContext): string | undefined {
  const key = c.req.header('x-api-key');
  return c.req.header('authorization') ?? (key === undefined ? undefined : `Bearer ${key}`);
}

function refuseMethod(route: string, allow: string): Handler {
  return (c) => {
    c.var.exchange.route = route.replace('{.+}', '');
    throw new ApiError(405, `${c.req.method} is not possible here; ${allow} is.`, {
      code: 'method_not_allowed',
      headers: { allow },
    });
  };
}

function crossOrigin(origins: readonly string[]) {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST'],
    // Clients of OpenAI’s API add headers of their own (x-stainless-…): what is asked for is allowed.
    allowHeaders: [],
    exposeHeaders: ['x-request-id', 'retry-after'],
    maxAge: 600,
  });
}
