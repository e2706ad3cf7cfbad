/**
 * @file The responses of one draw, handed out to servers: each is asked for until one of them has answered, and is counted
 * once.
 *
 * A request is under way at one server at a time. What fails there is given back and asked elsewhere, with the same random
 * stream, before what has not been asked yet.
 */
import type { Response } from '../../../inference/engine/index.ts';
import type { SequenceRequest } from './wire.ts';

/** One response of the draw. */
export interface Job {
  readonly prompt: number;
  /** Its place in the group. */
  readonly index: number;
  readonly request: SequenceRequest;
}

/** Takes the responses to one prompt once all are there. */
export type OnResponses = (prompt: number, responses: readonly Response[]) => void;

export class Draw {
  readonly size: number;
  /** When a response last came, or the draw began, by the clock of `performance`. */
  answeredAt = performance.now();
  /** Requests that were given back. */
  askedAgain = 0;
  readonly #groups: (Response | null)[][];
  readonly #onResponses: OnResponses;
  readonly #waiting: Job[];
  readonly #takers = new Set<(job: Job | null) => void>();
  #open: number;
  /** All responses, by prompt, once they are there. */
  readonly responses: Promise<Response[][]>;
  #resolve!: (responses: Response[][]) => void;
  #reject!: (error: unknown) => void;

  /** @param groups - `groups[prompt][index]` is one response */
  constructor(groups: readonly (readonly SequenceRequest[])[], onResponses: OnResponses) {
    this.#waiting = groups.flatMap((group, prompt) =>
      group.map((request, index) => ({ prompt, index, request })),
    );
    this.#groups = groups.map((group) => group.map(() => null));
    this.#onResponses = onResponses;
    this.size = this.#waiting.length;
    this.#open = this.size;
    this.responses = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may fail while nobody waits for it yet.
    this.responses.catch(() => undefined);
    if (this.#open === 0) this.#resolve([]);
  }

  /** Ends the draw without its responses. */
  fail(error: unknown): void {
    this.#reject(error);
  }

  /** The next response to ask for, waited for while all are under way; null once all are there. */
  async take(signal: AbortSignal): Promise<Job | null> {
    signal.throwIfAborted();
    const next = this.#waiting.shift();
    if (next !== undefined) return next;
    if (this.#open === 0) return null;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#takers.delete(taker);
        reject(signal.reason as Error);
      };
      const taker = (job: Job | null): void => {
        signal.removeEventListener('abort', abort);
        resolve(job);
      };
      this.#takers.add(taker);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** A server has not answered it: somebody else is asked, before anything that has not been asked yet. */
  giveBack(job: Job): void {
    this.askedAgain += 1;
    const [taker] = this.#takers;
    if (taker === undefined) this.#waiting.unshift(job);
    else this.#wake(taker, job);
  }

  /** A server has answered it. */
  fill({ prompt, index }: Job, response: Response): void {
    const group = this.#groups[prompt]!;
    if (group[index] !== null) throw new Error(`response ${index} to prompt ${prompt} was answered twice`);
    group[index] = response;
    this.answeredAt = performance.now();
    this.#open -= 1;
    if (group.every((one) => one !== null)) this.#onResponses(prompt, group);
    if (this.#open > 0) return;
    for (const taker of this.#takers) this.#wake(taker, null);
    this.#resolve(this.#groups as Response[][]);
  }

  #wake(taker: (job: Job | null) => void, job: Job | null): void {
    this.#takers.delete(taker);
    taker(job);
  }
}
