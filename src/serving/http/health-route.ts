/** @file `GET /health`: 200 where requests are taken, 503 while models start or the server shuts down. */
import type { ModelInfo } from '../backend.ts';
import type { AppContext, AppOptions } from './context.ts';

type Status = 'ready' | 'starting' | 'draining' | 'unavailable';

export function healthRoute(c: AppContext, { backend, draining }: AppOptions): Response {
  const models = backend.models();
  const status: Status = draining?.() === true ? 'draining' : statusOf(models);
  const states = models.map(({ id, state }) => ({ id, state }));
  return c.json({ status, models: states }, status === 'ready' ? 200 : 503, { 'cache-control': 'no-store' });
}

/** A model that failed does not take the others down. */
function statusOf(models: readonly ModelInfo[]): Status {
  if (models.some(({ state }) => state === 'starting')) return 'starting';
  return models.some(({ state }) => state === 'ready') ? 'ready' : 'unavailable';
}
