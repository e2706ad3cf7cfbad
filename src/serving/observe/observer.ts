/** @file Observer that writes the events of the HTTP side to the log and the metrics. */
import { TokenBucket } from '../access/index.ts';
import type { Backend } from '../backend.ts';
import type { Observer, RequestEntry } from '../http/observer.ts';
import type { Logger } from './log.ts';
import { Metrics } from './metrics.ts';
import { describeError } from './redact.ts';

export interface ObserverOptions {
  readonly log: Logger;
  /** Names of the models served. */
  readonly models: readonly string[];
  readonly version: string;
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number;
}

/** Lines a minute about requests that were refused for want of a right key; the others are counted together. */
const REFUSED_LINES_PER_MINUTE = 60;

/** Routes that are asked every few seconds by programs that watch the server. */
const WATCHED = new Set(['/health', '/metrics']);

export function createObserver(options: ObserverOptions): Observer {
  return new LoggingObserver(options);
}

class LoggingObserver implements Observer {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #models: ReadonlySet<string>;
  readonly #now: () => number;
  readonly #refusedLines: TokenBucket;
  #unlogged = 0;

  constructor({ log, models, version, now = () => performance.now() }: ObserverOptions) {
    this.#log = log;
    this.#models = new Set(models);
    this.#metrics = new Metrics({ models, version });
    this.#now = now;
    this.#refusedLines = new TokenBucket(REFUSED_LINES_PER_MINUTE, now());
  }

  request(entry: RequestEntry): void {
    this.#metrics.request(entry);
    if (isRefused(entry) && !this.#mayLogRefused()) return;
    const { id, method, route, status, key, model, firstTokenSeconds } = entry;
    const { promptTokens, completionTokens, reasoningTokens } = entry;
    // What is undefined is not written.
    const fields = {
      id,
      method,
      route,
      status,
      seconds: rounded(entry.seconds),
      key,
      model: model === null || this.#models.has(model) ? model : 'other',
      aborted: entry.aborted || undefined,
      promptTokens,
      completionTokens,
      reasoningTokens,
      firstTokenSeconds: firstTokenSeconds && rounded(firstTokenSeconds),
    };
    this.#log[levelOf(entry)](fields, 'request');
  }

  error(id: string, error: unknown): void {
    this.#metrics.error();
    this.#log.error({ id, err: describeError(error) }, 'unexpected error');
  }

  metrics(backend: Backend): Promise<{ contentType: string; body: string }> {
    return this.#metrics.text(backend);
  }

  /** Whether one more line about a refused request is due; says first how many were left out before. */
  #mayLogRefused(): boolean {
    const time = this.#now();
    if (this.#refusedLines.wait(1, time) > 0) {
      this.#unlogged++;
      return false;
    }
    this.#refusedLines.take(1, time);
    if (this.#unlogged > 0) {
      this.#log.warn(
        { requests: this.#unlogged },
        'more requests without a valid key, not logged one by one',
      );
      this.#unlogged = 0;
    }
    return true;
  }
}

function isRefused({ status, key }: RequestEntry): boolean {
  return key === null && (status === 401 || status === 429);
}

function levelOf({ status, route }: RequestEntry): 'error' | 'warn' | 'info' | 'debug' {
  if (status === 500) return 'error';
  if (status >= 400 && status !== 499) return 'warn';
  return WATCHED.has(route) ? 'debug' : 'info';
}

/** To the millisecond. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
