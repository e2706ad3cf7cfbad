import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { Exchange } from './exchange.ts';
import type { Observer } from './observer.ts';

const observer: Observer = {
  request: () => {},
  error: () => {},
  metrics: async () => ({ contentType: 'text/plain', body: '' }),
};

it('listens to its request until it ends, and no longer: what listens is never collected', () => {
  const request = new Request('http://127.0.0.1/', { signal: new AbortController().signal });
  const exchange = new Exchange(request, observer);
  const listening = getEventListeners(request.signal, 'abort').length;
  exchange.end(200);
  expect(getEventListeners(request.signal, 'abort')).toHaveLength(listening - 1);
});

it('ends with the request it is of', () => {
  const controller = new AbortController();
  const exchange = new Exchange(new Request('http://127.0.0.1/', { signal: controller.signal }), observer);
  controller.abort();
  expect(exchange.signal.aborted).toBe(true);
});
