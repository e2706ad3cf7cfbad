/**
 * @file A model's process as the server sees it: started, spoken to, started again when it ends by itself or hangs.
 *
 * A process of its own keeps the server answering whatever the model does, and a model that runs out of memory takes
 * nobody along. A loaded process tells of itself between two steps of its engine; one that does not for too long (an
 * endless loop, a stopped process, a driver that never returns) is killed. Loading is not watched: it may take as long
 * as the disk does.
 */
import type { ChildProcess } from 'node:child_process';
import type { UserError } from '../../errors.ts';
import { Tokenizer } from '../../text/index.ts';
import { GenerationError, type GenerationRequest, type ModelInfo, type ModelStats } from '../backend.ts';
import type { NamedFormat } from '../formats/index.ts';
import { RequestReplies, TokenNames } from '../replies/index.ts';
import { EventStream } from './event-stream.ts';
import { ended, forkChild, hung, MODEL_PROGRAM, notStarted, refusal, unreadable } from './fork.ts';
import type { FromModel, LoadedModel, ModelOptions, ProcessStats, ToModel } from './messages.ts';
import { BUSY_REPLIES, Pace } from './pace.ts';
import { TakenCounts } from './taken-counts.ts';
import { readTokens } from './token-batch.ts';
import { Watchdog } from './watchdog.ts';

/** Pause before a process is started again: doubled each time, back to the first once a model has served a while. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const SERVED_A_WHILE_MS = 60_000;
/** A request is told to come back after this many seconds while the model is away. */
const RETRY_WHILE_AWAY = 5;
const LONGEST_RETRY = 60;
/** Share of the stall timeout after which an unread reply gives way to a request that there is no room for. */
const UNREAD_SHARE = 1 / 12;

export type OnEvent = (event: { readonly model: string; readonly message: string }) => void;

const NO_STATS: ProcessStats = {
  running: 0,
  waiting: 0,
  cacheBlocksUsed: 0,
  cacheBlocksTotal: 0,
  promptTokens: 0,
  cachedTokens: 0,
  generatedTokens: 0,
  steps: 0,
  promptPasses: 0,
  graphsRecorded: 0,
  preemptions: 0,
  residentBytes: 0,
};

/** A request that is under way. */
interface Open {
  readonly stream: EventStream;
  readonly replies: RequestReplies;
}

export class ModelProcess {
  readonly options: ModelOptions;
  readonly #onEvent: OnEvent;
  readonly #program: URL;
  readonly #streams = new Map<number, Open>();
  /** Waiting to hear whether weights have been replaced. */
  readonly #updates = new Map<number, (error: GenerationError | null) => void>();
  #child: ChildProcess | null = null;
  #loaded: LoadedModel | null = null;
  /** Of the checkpoint as it was when the process that is there loaded it. */
  #text: { readonly tokenizer: Tokenizer; readonly names: TokenNames } | null = null;
  readonly #taken = new TakenCounts((counts) => this.#send({ type: 'taken', counts }));
  readonly #pace = new Pace(() => this.#streams.size >= BUSY_REPLIES);
  #state: ModelInfo['state'] = 'starting';
  #stats = NO_STATS;
  /** Counters of processes that have ended, so that the sums only grow. */
  #before = NO_STATS;
  #restarts = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #nextId = 1;
  #closing = false;
  /** Seconds a reply takes, a running mean, to say when to come back. */
  #meanSeconds = 1;
  #restartTimer: NodeJS.Timeout | null = null;
  readonly #watchdog: Watchdog;
  /** What its process is to be told, in one message once what is at hand has been dealt with. */
  #outbox: ToModel[] = [];
  /** It hung and was killed, and has not ended yet. */
  #hung = false;
  /** When the process that is there was last heard. */
  #heardAt = 0;

  /** @param program - what its process runs */
  constructor(options: ModelOptions, onEvent: OnEvent, program = MODEL_PROGRAM) {
    this.options = options;
    this.#onEvent = onEvent;
    this.#program = program;
    this.#watchdog = new Watchdog(options.hangTimeoutMs, () => this.#hangs());
  }

  get info(): ModelInfo {
    return { id: this.options.id, state: this.#state, maxReplies: this.#maxReplies, ...this.#loaded! };
  }

  get #maxReplies(): number {
    return this.options.maxRows + this.options.maxQueue;
  }

  get stats(): ModelStats {
    const [now, before] = [this.#stats, this.#before];
    return {
      ...now,
      model: this.options.id,
      promptTokens: before.promptTokens + now.promptTokens,
      cachedTokens: before.cachedTokens + now.cachedTokens,
      generatedTokens: before.generatedTokens + now.generatedTokens,
      steps: before.steps + now.steps,
      promptPasses: before.promptPasses + now.promptPasses,
      graphsRecorded: before.graphsRecorded + now.graphsRecorded,
      preemptions: before.preemptions + now.preemptions,
      restarts: this.#restarts,
    };
  }

  /** Replies that are taken and have not ended. */
  get inFlight(): number {
    let replies = 0;
    for (const { stream } of this.#streams.values()) replies += stream.request.n;
    return replies;
  }

  /** Starts the process; resolves when the model is loaded. @throws UserError where it cannot be */
  async start(): Promise<void> {
    const child = forkChild(this.#program);
    this.#child = child;
    const startedAt = Date.now();
    const loaded = new Promise<void>((resolve, reject) => {
      child.on('message', (message: FromModel) => {
        this.#watchdog.heard();
        this.#heardAt = Date.now();
        if (message.type === 'ready') {
          try {
            this.#ready(message);
            resolve();
          } catch (error) {
            reject(unreadable(this.options.id, error));
            child.kill('SIGKILL');
          }
        } else if (message.type === 'refused') {
          reject(refusal(this.options.id, message));
        } else this.#take(message);
      });
      child.once('exit', (code, signal) => {
        reject(ended(this.options.id, code, signal));
        this.#exited(this.#heardAt - startedAt, ended(this.options.id, code, signal));
      });
      child.on('error', (error) => {
        if (child.pid !== undefined) return;
        // No process came of it (no memory, no room for one): nothing will exit.
        this.#child = null;
        reject(notStarted(this.options.id, error));
      });
    });
    child.send([{ type: 'load', options: this.options } satisfies ToModel], () => {});
    await loaded;
  }

  /** @throws UserError where the tokenizer cannot be read */
  #ready({ model, warnings }: Extract<FromModel, { type: 'ready' }>): void {
    const tokenizer = Tokenizer.load(this.options.checkpoint);
    this.#text = { tokenizer, names: new TokenNames(tokenizer) };
    this.#loaded = model;
    this.#state = 'ready';
    this.#watchdog.start();
    for (const text of warnings) this.#onEvent({ model: this.options.id, message: text });
  }

  /** @throws GenerationError where the queue is full or the model is away */
  generate(request: GenerationRequest, signal: AbortSignal, format: NamedFormat | null = null): EventStream {
    if (this.#state !== 'ready') throw this.#away();
    const most = this.#maxReplies;
    if (request.n > most) {
      throw new GenerationError('invalid', `n is ${request.n}; this server takes ${most} replies at most.`);
    }
    this.#makeRoom(request.n);
    const inFlight = this.inFlight;
    if (inFlight + request.n > most) {
      const { maxRows, maxQueue } = this.options;
      const rounds = Math.ceil((inFlight + request.n - maxQueue) / maxRows);
      const wait = Math.min(LONGEST_RETRY, Math.max(1, Math.ceil(rounds * this.#meanSeconds)));
      const full = `${inFlight} replies are under way or waiting, and ${most} may. Try again later.`;
      throw new GenerationError('queue_full', full, wait);
    }
    return this.#open(request, signal, format);
  }

  /** See `Backend.updateWeights`. */
  async updateWeights(checkpoint: string, version: string): Promise<void> {
    if (this.#state !== 'ready') throw this.#away();
    const id = this.#nextId++;
    const error = await new Promise<GenerationError | null>((resolve) => {
      this.#updates.set(id, resolve);
      this.#send({ type: 'update', id, checkpoint, version });
    });
    if (error !== null) throw error;
  }

  #away(): GenerationError {
    return new GenerationError('unavailable', `The model ${this.options.id} is not ready.`, RETRY_WHILE_AWAY);
  }

  #updated({ id, failure }: Extract<FromModel, { type: 'updated' }>): void {
    this.#updates.get(id)?.(failure && new GenerationError(failure.kind, failure.message));
    this.#updates.delete(id);
  }

  /** Where there is no room, replies that have lain unread are dropped, the longest first: somebody waits to read. */
  #makeRoom(replies: number): void {
    if (this.inFlight + replies <= this.#maxReplies) return;
    const { stallTimeoutMs } = this.options;
    const before = Date.now() - stallTimeoutMs * UNREAD_SHARE;
    const unread = [...this.#streams.values()].flatMap(({ stream }) => {
      const since = stream.unreadSince;
      return since === null || since > before ? [] : [{ stream, since }];
    });
    for (const { stream } of unread.toSorted((a, b) => a.since - b.since)) {
      if (this.inFlight + replies <= this.#maxReplies) return;
      const why = 'The reply was not read while others waited for its place.';
      stream.drop(new GenerationError('stalled', why));
    }
  }

  #open(request: GenerationRequest, signal: AbortSignal, format: NamedFormat | null): EventStream {
    const id = this.#nextId++;
    const startedAt = Date.now();
    const closed = (isComplete: boolean): void => {
      if (!this.#streams.delete(id)) return;
      if (isComplete) this.#meanSeconds += ((Date.now() - startedAt) / 1000 - this.#meanSeconds) / 10;
      else this.#send({ type: 'cancel', id });
    };
    const taken = (count: number): void => this.#taken.add(id, count);
    const stream = new EventStream(request, { taken, closed }, this.#pace);
    const { tokenizer, names } = this.#text!;
    const replies = new RequestReplies(request, tokenizer, names, stream);
    this.#streams.set(id, { stream, replies });
    this.#send({ type: 'generate', id, request, format });
    stream.abortWith(signal);
    return stream;
  }

  #take(message: Exclude<FromModel, { type: 'ready' | 'refused' }>): void {
    switch (message.type) {
      case 'progress':
        this.#progress(message);
        return;
      case 'error': {
        const { kind, message: text } = message.failure;
        if (message.detail !== null) this.#onEvent({ model: this.options.id, message: message.detail });
        this.#streams.get(message.id)?.stream.fail(new GenerationError(kind, text));
        return;
      }
      case 'updated':
        this.#updated(message);
        return;
      case 'stats':
        this.#stats = message.stats;
        return;
    }
  }

  #progress({ starts, prompts, tokens }: Extract<FromModel, { type: 'progress' }>): void {
    for (const [id, start] of starts) this.#streams.get(id)?.replies.start(start);
    for (const [id, event] of prompts) this.#streams.get(id)?.stream.push(event);
    if (tokens === null) return;
    readTokens(tokens, (id, reply, scored, end) => {
      const open = this.#streams.get(id);
      if (open === undefined) return;
      try {
        if (open.replies.take(reply, scored, end)) this.#send({ type: 'end', id, reply });
      } catch (error) {
        this.#textFails(open, error);
      }
    });
  }

  /** What goes wrong with the text of one reply ends its request alone. */
  #textFails({ stream }: Open, error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#onEvent({ model: this.options.id, message });
    stream.drop(new GenerationError('internal', 'The model failed to answer.'));
  }

  /** @param servedMs - from its start until it was last heard */
  #exited(servedMs: number, how: UserError): void {
    const wasKilled = this.#hung;
    this.#hung = false;
    this.#watchdog.stop();
    this.#child = null;
    this.#outbox = [];
    this.#before = { ...this.stats };
    this.#stats = NO_STATS;
    this.#breakOff();
    if (this.#closing || this.#loaded === null) return;
    if (!wasKilled) this.#onEvent({ model: this.options.id, message: how.message });
    const wasLoaded = this.#state === 'ready' || wasKilled;
    if (wasLoaded && servedMs > SERVED_A_WHILE_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.#state = 'restarting';
    this.#restartLater();
  }

  /** Ends all requests: their replies are lost. */
  #breakOff(): void {
    const { id } = this.options;
    const error = new GenerationError('interrupted', `The model ${id} broke off.`, RETRY_WHILE_AWAY);
    for (const { stream } of this.#streams.values()) stream.fail(error);
    for (const updated of this.#updates.values()) updated(error);
    this.#updates.clear();
  }

  /** The process has not been heard for too long. Its requests end at once; it may take a while to go. */
  #hangs(): void {
    this.#hung = true;
    this.#state = 'restarting';
    this.#onEvent({ model: this.options.id, message: hung(this.options).message });
    this.#breakOff();
    this.#child?.kill('SIGKILL');
  }

  #restartLater(): void {
    this.#restartTimer = setTimeout(() => this.#restart(), this.#pauseMs);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs);
  }

  #restart(): void {
    this.#restartTimer = null;
    this.#restarts++;
    this.start().catch((error: unknown) => {
      this.#onEvent({ model: this.options.id, message: String(error) });
      // A process that ends by itself has seen to it; here none began.
      if (this.#child === null && this.#restartTimer === null && !this.#closing) this.#restartLater();
    });
  }

  #send(message: ToModel): void {
    if (this.#outbox.push(message) === 1) setImmediate(() => this.#sendAll());
  }

  #sendAll(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    if (messages.length > 0) this.#child?.send(messages, () => {});
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#watchdog.stop();
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}
