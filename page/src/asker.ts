/**
 * @file The requests under way. What arrives is collected and handed on once a frame, so that a fast model costs no more
 * renderings than a slow one.
 */
import { ServerError, streamReply } from './client.ts';
import type { ReplyEvents } from './conversation.ts';
import type { ReplyError, ReplyEvent } from './reply.ts';
import type { ChatBody } from './request.ts';

/** Frames do not come while the page is hidden; then events are handed on after as many milliseconds. */
const HIDDEN_DELAY = 250;

interface Run {
  readonly turn: string;
  readonly model: string;
  readonly abort: AbortController;
  events: ReplyEvent[];
  over: boolean;
}

export class Asker {
  readonly #deliver: (replies: readonly ReplyEvents[]) => void;
  readonly #runs = new Set<Run>();
  #cancelFlush: (() => void) | null = null;

  constructor(deliver: (replies: readonly ReplyEvents[]) => void) {
    this.#deliver = deliver;
  }

  start(turn: string, body: ChatBody, key: string): void {
    const run: Run = { turn, model: body.model, abort: new AbortController(), events: [], over: false };
    this.#runs.add(run);
    void this.#follow(run, body, key);
  }

  /** Stops the replies named, or all. What has come stays. */
  stop(turn: string | null = null, model: string | null = null): void {
    for (const run of this.#runs) {
      if ((turn !== null && run.turn !== turn) || (model !== null && run.model !== model)) continue;
      this.#take(run, { type: 'stopped', at: Date.now() });
      run.over = true;
      run.abort.abort();
    }
    this.#flush();
  }

  async #follow(run: Run, body: ChatBody, key: string): Promise<void> {
    try {
      await streamReply(body, key, run.abort.signal, (event) => this.#take(run, event));
      this.#take(run, { type: 'ended', at: Date.now() });
    } catch (error) {
      this.#take(run, { type: 'failed', at: Date.now(), error: shown(error) });
    }
    run.over = true;
    this.#schedule();
  }

  #take(run: Run, event: ReplyEvent): void {
    if (run.over) return;
    run.events.push(event);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#cancelFlush !== null) return;
    const frame = requestAnimationFrame(() => this.#flush());
    const timer = setTimeout(() => this.#flush(), HIDDEN_DELAY);
    this.#cancelFlush = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    const replies: ReplyEvents[] = [];
    for (const run of this.#runs) {
      const { turn, model, events } = run;
      if (events.length > 0) replies.push({ turn, model, events });
      run.events = [];
      if (run.over) this.#runs.delete(run);
    }
    if (replies.length > 0) this.#deliver(replies);
  }
}

function shown(error: unknown): ReplyError {
  if (error instanceof ServerError) {
    const { status, message, retryAt, passing } = error;
    return { status, message, retryAt, passing };
  }
  return {
    status: null,
    message: `The reply cannot be read: ${String(error)}`,
    retryAt: null,
    passing: true,
  };
}
