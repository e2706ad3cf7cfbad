/** @file A backend that follows a script, and the events scripts are made of. */
import {
  type Backend,
  type GenerationEvent,
  type GenerationRequest,
  type ModelInfo,
  type ModelStats,
  RECOMMENDED,
} from '../../backend.ts';

/** The model that is served unless a test names others. */
export const MODEL: ModelInfo = {
  id: 'r1-tiny',
  created: 1_700_000_000,
  context: 4096,
  vocabSize: 1000,
  parameters: 1000,
  architecture: 'llama',
  dtype: 'float32',
  device: 'cpu',
  sampling: RECOMMENDED,
  toolSyntax: 'hermes',
  examples: ['2 + 2?'],
  graphs: 0,
  maxReplies: 80,
  state: 'ready',
};

/** What happens to one request. */
export type Script = (
  request: GenerationRequest,
  signal: AbortSignal,
) => AsyncIterable<GenerationEvent> | Iterable<GenerationEvent>;

/** A backend whose replies are scripts; the first serves the first request, the last stays. */
export class ScriptedBackend implements Backend {
  readonly requests: {
    readonly model: string;
    readonly request: GenerationRequest;
    readonly signal: AbortSignal;
  }[] = [];
  readonly updates: { readonly model: string; readonly checkpoint: string; readonly version: string }[] = [];
  /** Events taken so far. */
  pulled = 0;
  /** Iterations ended early. */
  returned = 0;
  readonly #scripts: readonly Script[];
  readonly #models: readonly ModelInfo[];

  constructor(scripts: readonly Script[], models: readonly ModelInfo[] = [MODEL]) {
    this.#scripts = scripts;
    this.#models = models;
  }

  models(): readonly ModelInfo[] {
    return this.#models;
  }

  stats(): readonly ModelStats[] {
    return [];
  }

  generate(
    model: string,
    request: GenerationRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterableIterator<GenerationEvent>> {
    const script = this.#scripts[Math.min(this.requests.length, this.#scripts.length - 1)]!;
    this.requests.push({ model, request, signal });
    return Promise.resolve(this.#run(script(request, signal)));
  }

  async *#run(events: AsyncIterable<GenerationEvent> | Iterable<GenerationEvent>) {
    let complete = false;
    try {
      for await (const event of events) {
        this.pulled += 1;
        yield event;
      }
      complete = true;
    } catch (error) {
      complete = true;
      throw error;
    } finally {
      if (!complete) this.returned += 1;
    }
  }

  updateWeights(model: string, checkpoint: string, version: string): Promise<void> {
    this.updates.push({ model, checkpoint, version });
    return Promise.resolve();
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A reply that fails before its first event. */
export function failing(error: Error): Script {
  const next = (): never => {
    throw error;
  };
  return () => ({ [Symbol.iterator]: () => ({ next }) });
}

/** The prompt was counted. */
export function start(promptTokens = 10, cachedTokens = 4): GenerationEvent {
  return { type: 'start', promptTokens, cachedTokens };
}

/** A token of the thought. */
export function think(reasoning: string, index = 0): GenerationEvent {
  return { type: 'delta', index, reasoning, content: '' };
}

/** A token of the answer. */
export function say(content: string, index = 0): GenerationEvent {
  return { type: 'delta', index, reasoning: '', content };
}

/** The end of a reply. */
export function finish(more: Partial<Extract<GenerationEvent, { type: 'finish' }>> = {}): GenerationEvent {
  return {
    type: 'finish',
    index: 0,
    reason: 'stop',
    reasoningTokens: 3,
    completionTokens: 6,
    thought: true,
    ...more,
  };
}

/** 2 + 2 with a thought. */
export const FOUR: readonly GenerationEvent[] = [
  start(),
  think('2 + 2'),
  think(' = 4'),
  say('The answer'),
  say(' is 4'),
  finish(),
];
