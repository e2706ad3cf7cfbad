/** @file Metrics of the models' processes, collected when `/metrics` is read. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Backend, ModelStats } from '../backend.ts';

type Field = Exclude<keyof ModelStats, 'model'>;

const GAUGES: { readonly [name: string]: readonly [field: Field, help: string] } = {
  aha_replies_running: ['running', 'Replies that grow now.'],
  aha_replies_waiting: ['waiting', 'Replies that wait for their turn.'],
  aha_cache_blocks_used: ['cacheBlocksUsed', 'Blocks of the KV cache that replies hold.'],
  aha_cache_blocks: ['cacheBlocksTotal', 'Blocks of the KV cache.'],
  aha_model_resident_bytes: ['residentBytes', 'Memory of the model’s process.'],
};

const COUNTERS: { readonly [name: string]: readonly [field: Field, help: string] } = {
  aha_engine_prompt_tokens_total: ['promptTokens', 'Tokens of prompts that the model was given.'],
  aha_engine_cached_tokens_total: ['cachedTokens', 'Of these, tokens found in the prefix cache.'],
  aha_engine_generated_tokens_total: ['generatedTokens', 'Tokens the model made.'],
  aha_engine_steps_total: ['steps', 'Forward passes.'],
  aha_engine_prompt_passes_total: ['promptPasses', 'Passes that read prompts.'],
  aha_engine_graphs_recorded_total: ['graphsRecorded', 'CUDA graphs that were recorded.'],
  aha_engine_preemptions_total: ['preemptions', 'Replies put back in the queue for want of cache blocks.'],
  aha_model_restarts_total: ['restarts', 'Times the model’s process was started again.'],
};

interface Taken {
  readonly field: Field;
  readonly metric: Gauge<'model'> | Counter<'model'>;
}

export class BackendMetrics {
  readonly #taken: readonly Taken[];
  readonly #ready: Gauge<'model'>;

  constructor(registry: Registry) {
    const shared = { labelNames: ['model'] as const, registers: [registry] };
    this.#taken = [
      ...Object.entries(GAUGES).map(([name, [field, help]]) => ({
        field,
        metric: new Gauge({ name, help, ...shared }),
      })),
      ...Object.entries(COUNTERS).map(([name, [field, help]]) => ({
        field,
        metric: new Counter({ name, help, ...shared }),
      })),
    ];
    this.#ready = new Gauge({
      name: 'aha_model_ready',
      help: '1 while the model takes requests.',
      ...shared,
    });
  }

  /** Takes the figures of now. Synchronous, so that no reader sees a half of them. */
  update(backend: Backend): void {
    const stats = backend.stats();
    for (const { field, metric } of this.#taken) {
      // The models' counters only grow; setting one here is starting from nothing and adding all of it.
      metric.reset();
      for (const model of stats) metric.inc({ model: model.model }, model[field]);
    }
    for (const { id, state } of backend.models()) this.#ready.set({ model: id }, state === 'ready' ? 1 : 0);
  }
}
