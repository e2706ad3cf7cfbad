/** @file One rollout server: given weights, asked for responses, watched while it works. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { EndpointError, type Host } from '../../../remote/index.ts';
import { checked } from './answer.ts';
import type { Draw } from './draw.ts';
import type { Weights, Wire } from './wire.ts';

/** Bounds of a server's answers, in milliseconds. */
export interface Patience {
  readonly responseMs: number;
  readonly updateMs: number;
  readonly probeMs: number;
}

/** Looks in a row without an answer after which it counts as hung. */
const PROBES = 3;
/** First pause before a server that was taken out is looked at again, doubled each time, and the longest. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Pause where a server takes no more requests for now (429) and does not say for how long. */
const BUSY_MS = 1000;

export class RolloutServer {
  readonly host: Host;
  /** Why it was taken out; null while it works. Before its first answer it is neither. */
  trouble: EndpointError | null = null;
  readonly #wire: Wire;
  readonly #concurrency: number;
  readonly #patience: Patience;
  readonly #vocabSize: number;
  /** Aborted when the run lets go of its servers. */
  readonly #life: AbortSignal;
  /** The version it has; null where that is not known. */
  #given: string | null = null;
  #preparing: Promise<void> | null = null;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(
    host: Host,
    wire: Wire,
    settings: {
      readonly concurrency: number;
      readonly patience: Patience;
      readonly vocabSize: number;
      readonly life: AbortSignal;
    },
  ) {
    this.host = host;
    this.#wire = wire;
    this.#concurrency = settings.concurrency;
    this.#patience = settings.patience;
    this.#vocabSize = settings.vocabSize;
    this.#life = settings.life;
  }

  /**
   * Resolves when it is healthy and has these weights. Loading goes on where nobody waits for it any more: a server that
   * needs longer than a draw comes back in the next.
   */
  async ready(weights: Weights): Promise<void> {
    do {
      this.#preparing ??= this.#prepare(weights).finally(() => {
        this.#preparing = null;
      });
      await this.#preparing;
    } while (this.#given !== weights.version);
  }

  async #prepare(weights: Weights): Promise<void> {
    const told = await this.#wire.health(this.#life, this.#patience.probeMs);
    if (told !== null && told !== this.#given) this.#given = null;
    if (this.#given === weights.version) return;
    this.#given = null;
    await this.#wire.update(weights, this.#life, this.#patience.updateMs);
    this.#given = weights.version;
  }

  /**
   * Answers what the draw hands out, until that is over.
   * @throws EndpointError for the first thing that goes wrong; what was under way is given back
   */
  async serve(draw: Draw, { version }: Weights, end: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([end, stop.signal]);
    // One listener for each request under way is no leak.
    setMaxListeners(0, signal);
    const workers = Array.from({ length: Math.min(this.#concurrency, draw.size) }, () =>
      this.#work(draw, version, signal),
    );
    const watch = this.#watch(signal);
    try {
      await Promise.race([Promise.all(workers), watch]);
    } finally {
      stop.abort();
      await Promise.allSettled([...workers, watch]);
    }
  }

  /** It is out for now. Whatever weights it had, it gets the current ones before it is asked again. */
  takeOut(error: EndpointError): void {
    this.trouble = error;
    this.#given = null;
  }

  /** Milliseconds until it is looked at again. */
  nextPause(): number {
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pause);
    return pause;
  }

  async #work(draw: Draw, version: string, signal: AbortSignal): Promise<void> {
    for (let job = await draw.take(signal); job !== null; job = await draw.take(signal)) {
      const { request } = job;
      let response: ReturnType<typeof checked>;
      try {
        const answer = await this.#wire.sample(request, signal, this.#patience.responseMs);
        response = checked(this.host, request, answer, { version, vocabSize: this.#vocabSize });
      } catch (error) {
        draw.giveBack(job);
        if (!(error instanceof EndpointError) || error.status !== 429) throw error;
        await sleep(error.retryAfterMs ?? BUSY_MS, undefined, { signal });
        continue;
      }
      this.#pauseMs = FIRST_PAUSE_MS;
      draw.fill(job, response);
    }
  }

  /** Looks at its health, until the signal. @throws EndpointError where it does not answer, or its weights are others */
  async #watch(signal: AbortSignal): Promise<void> {
    const { probeMs } = this.#patience;
    for (let missed = 0; ; ) {
      await sleep(probeMs, undefined, { signal });
      try {
        const told = await this.#wire.health(signal, probeMs);
        missed = 0;
        if (told === null || told === this.#given) continue;
      } catch (error) {
        signal.throwIfAborted();
        missed += 1;
        if (missed < PROBES) continue;
        throw error;
      }
      const what = `${this.host.baseUrl}: it has other weights than it was given`;
      throw new EndpointError(what, 'It was restarted, or another trainer uses it.', { kind: 'lost' });
    }
  }
}
