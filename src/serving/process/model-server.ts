/**
 * @file Loop of a model's process: it takes requests from the server and steps the engine while there is work.
 *
 * Between two steps the event loop runs once, so that a new request joins and a cancelled one leaves within a token.
 */
import { setTimeout as sleep, setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import type { Engine } from '../../inference/engine/index.ts';
import { GenerationError } from '../backend.ts';
import {
  asGenerationError,
  type Generation,
  type Generations,
  type Listener,
  type PromptEvent,
} from '../generation/index.ts';
import type { RequestStart } from '../replies/index.ts';
import type { Failure, FromModel, LoadedModel, ModelOptions, ToModel } from './messages.ts';
import { TokenBatch } from './token-batch.ts';

type Generate = Extract<ToModel, { type: 'generate' }>;
type Update = Extract<ToModel, { type: 'update' }>;

/** Longest pause between two messages about the engine, while it steps and while it is idle. */
const STATS_INTERVAL_MS = 500;
/** Signs of life within the time after which their absence counts as a hang. */
const SIGNS_OF_LIFE = 5;
/** Pause where all readers lag behind. */
const IDLE_MS = 5;

/** A model made ready to serve. */
export interface ServedModel {
  readonly info: LoadedModel;
  readonly engine: Pick<Engine, 'busy' | 'step' | 'stats'>;
  readonly generations: Generations;
  /** Replaces the weights; called while nothing is being generated. @throws UserError where they are as before */
  updateWeights(checkpoint: string): void;
  /** What of the checkpoint has no effect. */
  readonly warnings: readonly string[];
}

/** Serves one model until the server's process goes away. */
class ModelServer {
  readonly #served: ServedModel;
  readonly #stallTimeoutMs: number;
  readonly #statsIntervalMs: number;
  readonly #open = new Map<number, Generation>();
  #starts: (readonly [number, RequestStart])[] = [];
  #prompts: (readonly [number, PromptEvent])[] = [];
  readonly #tokens = new TokenBatch();
  /** Waits until all that is open has ended; what comes after it waits for it. */
  #update: Update | null = null;
  #held: (Generate | Update)[] = [];
  #wake: (() => void) | null = null;
  #lastStats = 0;

  constructor(served: ServedModel, { stallTimeoutMs, hangTimeoutMs }: ModelOptions) {
    this.#served = served;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#statsIntervalMs = Math.min(STATS_INTERVAL_MS, hangTimeoutMs / SIGNS_OF_LIFE);
  }

  take(messages: readonly ToModel[]): void {
    for (const message of messages) this.#take(message);
    this.#wake?.();
  }

  #take(message: ToModel): void {
    if (message.type === 'generate' || message.type === 'update') {
      if (this.#update !== null) this.#held.push(message);
      else if (message.type === 'update') this.#update = message;
      else this.#begin(message);
    } else if (message.type === 'cancel') this.#cancel(message.id);
    else if (message.type === 'end') this.#end(message);
    else if (message.type === 'taken') this.#taken(message.counts);
  }

  #end({ id, reply }: Extract<ToModel, { type: 'end' }>): void {
    const generation = this.#open.get(id);
    if (generation === undefined) return;
    this.#served.generations.end(generation, reply);
    if (generation.ended) this.#open.delete(id);
  }

  #taken(counts: Int32Array): void {
    for (let at = 0; at < counts.length; at += 2) this.#open.get(counts[at]!)?.taken(counts[at + 1]!);
  }

  /** Replaces the weights once nothing is open, then takes what has waited for it. */
  #updateWeights(): void {
    const update = this.#update;
    if (update === null || this.#open.size > 0) return;
    const { id, checkpoint, version } = update;
    const { generations } = this.#served;
    let failure: Failure | null = null;
    try {
      this.#served.updateWeights(checkpoint);
      generations.weightVersion = version;
    } catch (error) {
      // Anything else may have left half of them: this process must not answer with such weights.
      if (!(error instanceof UserError)) throw error;
      failure = { kind: 'invalid', message: error.message };
    }
    send({ type: 'updated', id, failure });
    this.#update = null;
    for (const message of this.#held.splice(0)) this.#take(message);
  }

  #begin({ id, request, format }: Generate): void {
    const listener: Listener = {
      start: (start) => void this.#starts.push([id, start]),
      prompt: (event) => void this.#prompts.push([id, event]),
      token: (reply, chosen, end) => {
        this.#tokens.add(id, reply, chosen, end);
        if (end !== 'goes on' && this.#open.get(id)?.ended) this.#open.delete(id);
      },
      error: (error) => this.#fail(id, error),
    };
    try {
      this.#open.set(id, this.#served.generations.begin(request, listener, format));
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #cancel(id: number): void {
    this.#held = this.#held.filter((message) => message.id !== id);
    const generation = this.#open.get(id);
    if (generation === undefined) return;
    this.#served.generations.cancel(generation);
    this.#open.delete(id);
  }

  #fail(id: number, error: unknown): void {
    this.#flush();
    this.#cancel(id);
    const { kind, message, cause } = asGenerationError(error);
    const detail = kind === 'internal' ? describe(cause) : null;
    send({ type: 'error', id, failure: { kind, message }, detail });
  }

  /**
   * Until the server goes away. What a pass throws (a GPU out of memory) ends the process: the engine's state is not to
   * be trusted then, and the server starts another.
   */
  async run(): Promise<never> {
    const { engine } = this.#served;
    for (;;) {
      this.#tell();
      this.#giveUpStalled();
      this.#updateWeights();
      if (!engine.busy) await this.#untilWoken();
      else if (engine.step()) {
        this.#flush();
        await yieldToEventLoop();
      } else await sleep(IDLE_MS);
    }
  }

  /** What this step brought, in one message. */
  #flush(): void {
    const tokens = this.#tokens.empty ? null : this.#tokens.take();
    const [starts, prompts] = [this.#starts, this.#prompts];
    if (tokens === null && starts.length === 0 && prompts.length === 0) return;
    this.#starts = [];
    this.#prompts = [];
    send({ type: 'progress', starts, prompts, tokens });
  }

  #giveUpStalled(): void {
    const before = Date.now() - this.#stallTimeoutMs;
    for (const [id, { fullSince }] of this.#open) {
      if (fullSince !== null && fullSince < before) {
        this.#fail(id, new GenerationError('stalled', 'The reply was not read for too long.'));
      }
    }
  }

  #tell(): void {
    const now = Date.now();
    if (now - this.#lastStats < this.#statsIntervalMs) return;
    this.#lastStats = now;
    send({
      type: 'stats',
      stats: { ...this.#served.engine.stats, residentBytes: process.memoryUsage.rss() },
    });
  }

  /** Until a message comes, or it is time to look at the clock again. */
  async #untilWoken(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#statsIntervalMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

/** @param sent - called when the message is on its way, or cannot be: the server has ended then */
function send(message: FromModel, sent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, sent);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The program of a model's process: loads what the first message names, then serves it. */
export function serveModel(load: (options: ModelOptions) => ServedModel): void {
  let server: ModelServer | null = null;
  process.on('message', (messages: readonly ToModel[]) => {
    const [first] = messages;
    if (first?.type !== 'load') {
      server?.take(messages);
      return;
    }
    try {
      const served = load(first.options);
      server = new ModelServer(served, first.options);
      send({ type: 'ready', model: served.info, warnings: served.warnings });
      void server.run();
    } catch (error) {
      refuse(error);
    }
  });
  process.on('disconnect', () => process.exit(0));
  // The terminal's Ctrl-C reaches the whole group: the server decides when this process ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
}

function refuse(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
  const { message, exitCode } = error;
  send({ type: 'refused', message, exitCode }, () => process.exit(exitCode));
}
