/**
 * @file Metrics in Prometheus' text format, all under `aha_`. Labels are routes, statuses and the models served: none
 * takes a value that a client can make up.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Backend } from '../backend.ts';
import type { RequestEntry } from '../http/observer.ts';
import { BackendMetrics } from './backend-metrics.ts';

/** Seconds; a reply of R1's length takes minutes. */
const DURATIONS = [0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];
const FIRST_TOKENS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
const TOKEN_TIMES = [0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1];

/** Label of a model that is not served here. */
const OTHER = 'other';

export class Metrics {
  readonly #registry = new Registry();
  readonly #models: ReadonlySet<string>;
  readonly #requests: Counter<'route' | 'status'>;
  readonly #aborted: Counter<'route'>;
  readonly #duration: Histogram<'route'>;
  readonly #firstToken: Histogram<'model'>;
  readonly #tokenTime: Histogram<'model'>;
  readonly #prompt: Counter<'model'>;
  readonly #completion: Counter<'model'>;
  readonly #reasoning: Counter<'model'>;
  readonly #errors: Counter;
  readonly #backend: BackendMetrics;

  /** @param models - names that may become labels */
  constructor({ models, version }: { readonly models: readonly string[]; readonly version: string }) {
    this.#models = new Set(models);
    const registers = [this.#registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers });
    const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
      new Histogram({ name, help, labelNames, buckets, registers });
    this.#requests = counter('aha_http_requests_total', 'HTTP requests that ended.', 'route', 'status');
    this.#aborted = counter('aha_http_requests_aborted_total', 'HTTP requests whose client went.', 'route');
    this.#duration = histogram(
      'aha_http_request_duration_seconds',
      'From the arrival of an HTTP request to the end of its response.',
      DURATIONS,
      'route',
    );
    this.#firstToken = histogram(
      'aha_time_to_first_token_seconds',
      'From the arrival of a request to the first piece of its reply.',
      FIRST_TOKENS,
      'model',
    );
    this.#tokenTime = histogram(
      'aha_time_per_output_token_seconds',
      'Mean time between two tokens of a reply, after the first.',
      TOKEN_TIMES,
      'model',
    );
    this.#prompt = counter('aha_prompt_tokens_total', 'Tokens of prompts.', 'model');
    this.#completion = counter(
      'aha_completion_tokens_total',
      'Tokens of replies, thoughts included.',
      'model',
    );
    this.#reasoning = counter('aha_reasoning_tokens_total', 'Tokens of thoughts.', 'model');
    this.#errors = counter('aha_errors_total', 'Errors nobody foresaw; the log has each.');
    this.#backend = new BackendMetrics(this.#registry);
    const info = { name: 'aha_build_info', help: 'Always 1; the version is a label.' };
    new Gauge({ ...info, labelNames: ['version'], registers }).set({ version }, 1);
    collectDefaultMetrics({ register: this.#registry, prefix: 'aha_' });
  }

  /** Counts an HTTP request. */
  request(entry: RequestEntry): void {
    const { route, status, seconds } = entry;
    this.#requests.inc({ route, status });
    this.#duration.observe({ route }, seconds);
    if (entry.aborted) this.#aborted.inc({ route });
    if (entry.model !== null) this.#reply(entry, this.#models.has(entry.model) ? entry.model : OTHER);
  }

  error(): void {
    this.#errors.inc();
  }

  /** The text of `/metrics`. */
  async text(backend: Backend): Promise<{ contentType: string; body: string }> {
    this.#backend.update(backend);
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #reply(entry: RequestEntry, model: string): void {
    const { promptTokens = 0, completionTokens = 0, reasoningTokens = 0, firstTokenSeconds } = entry;
    this.#prompt.inc({ model }, promptTokens);
    this.#completion.inc({ model }, completionTokens);
    this.#reasoning.inc({ model }, reasoningTokens);
    if (firstTokenSeconds === undefined) return;
    this.#firstToken.observe({ model }, firstTokenSeconds);
    if (completionTokens < 2) return;
    this.#tokenTime.observe({ model }, (entry.seconds - firstTokenSeconds) / (completionTokens - 1));
  }
}
