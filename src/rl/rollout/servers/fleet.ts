/**
 * @file Rollout servers as one sampler: the newest weights to each, responses from whichever is free, in the place of the
 * engine of this process.
 *
 * Which server answers changes nothing but numerics: prompt, settings and random stream belong to the response. A server
 * that dies, hangs or answers nonsense is taken out with a warning, and what it was asked is asked elsewhere. It is looked
 * at again after a while, and gets the current weights before it is asked.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../../errors.ts';
import type { Response, SampleOptions } from '../../../inference/engine/index.ts';
import { Random } from '../../../random.ts';
import { cleanUrl, EndpointError, keyFrom } from '../../../remote/index.ts';
import { Draw, type OnResponses } from './draw.ts';
import { RolloutServer } from './server.ts';
import type { PolicyServers, ServerConfig } from './settings.ts';
import { SglangWire } from './sglang.ts';
import { VllmWire } from './vllm.ts';
import { WeightFolders } from './weight-folders.ts';
import type { SequenceRequest, Weights, Wire } from './wire.ts';

/** The policy that is sampled from, and who is told of its servers. */
export interface FleetOptions {
  /** Folder of the weights' versions; absolute. */
  readonly weightsDir: string;
  readonly vocabSize: number;
  /** Optimiser steps the policy has taken. */
  readonly steps: () => number;
  /** Writes the policy as it is now. */
  readonly save: (dir: string) => Promise<void>;
  /** Aborted on Ctrl-C: nobody waits for servers then. */
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  readonly warn: (id: string, text: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** No server of a run answers. */
export class RolloutServersError extends UserError {
  override readonly name = 'RolloutServersError';
}

/** How often it is seen whether any server works. */
const CHECK_MS = 200;
const MINUTE_MS = 60_000;

/** A server, and the folder of weights as it sees it. */
interface Member {
  readonly server: RolloutServer;
  readonly weightsDir: string;
}

export class Fleet {
  readonly #settings: PolicyServers;
  readonly #options: FleetOptions;
  readonly #folders: WeightFolders;
  readonly #members: readonly Member[];
  readonly #life = new AbortController();
  /** Times that a server was taken out: each is told. */
  #losses = 0;
  #published: { readonly steps: number; readonly version: string } | null = null;
  #counts = { asked: 0, again: 0, seconds: 0 };

  /** @throws UsageError for an address that is none, or a variable without a key */
  constructor(settings: PolicyServers, options: FleetOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#folders = new WeightFolders(options.weightsDir);
    this.#members = settings.servers.map((server) => this.#member(server));
  }

  #member(config: ServerConfig): Member {
    const { url, kind, apiKeyEnv, model, concurrency, weightsDir = this.#options.weightsDir } = config;
    const { responseMinutes, updateMinutes, probeSeconds } = this.#settings;
    const host = {
      baseUrl: cleanUrl(url).replace(/\/v1$/, ''),
      model: model ?? kind,
      apiKey: keyFrom(apiKeyEnv, this.#options.env ?? process.env),
      keyEnv: apiKeyEnv,
    };
    const wire: Wire = kind === 'vllm' ? new VllmWire(host, model) : new SglangWire(host, kind);
    const patience = {
      responseMs: responseMinutes * MINUTE_MS,
      updateMs: updateMinutes * MINUTE_MS,
      probeMs: probeSeconds * 1000,
    };
    const { vocabSize } = this.#options;
    const server = new RolloutServer(host, wire, {
      concurrency,
      patience,
      vocabSize,
      life: this.#life.signal,
    });
    return { server, weightsDir };
  }

  /**
   * The policy's responses to each prompt, as `sampleByGroup` gives them: `result[prompt][response]`.
   * @param onResponses - gets each group once its last response is there
   * @throws RolloutServersError where no server answers for `waitMinutes`, or every one refuses
   */
  readonly sample = async (
    prompts: readonly Int32Array[],
    options: SampleOptions,
    onResponses: OnResponses,
  ): Promise<Response[][]> => {
    const version = await this.#publish();
    const draw = new Draw(requestsOf(prompts, options), onResponses);
    const end = new AbortController();
    const tending = this.#members.map(({ server, weightsDir }) =>
      this.#tend(server, draw, { version, folder: path.posix.join(weightsDir, version) }, end.signal),
    );
    // What is no server's fault ends the draw too.
    for (const one of tending) one.catch((error: unknown) => draw.fail(error));
    const patience = this.#waitFor(draw, end.signal);
    try {
      return await draw.responses;
    } finally {
      end.abort();
      await Promise.allSettled([...tending, patience]);
      this.#counts.asked += draw.size;
      this.#counts.again += draw.askedAgain;
    }
  };

  /** Metrics since the last time. */
  takeMetrics(): { readonly [metric: string]: number } {
    const { asked, again, seconds } = this.#counts;
    this.#counts = { asked: 0, again: 0, seconds: 0 };
    return {
      'rollout_servers/up': this.#members.filter(({ server }) => server.trouble === null).length,
      'rollout_servers/asked_again_ratio': again / Math.max(1, asked),
      'seconds/weights_written': seconds,
    };
  }

  /** Lets go of the servers, and removes the weights that they were given. */
  dispose(): void {
    this.#life.abort();
    this.#folders.clear();
  }

  /** Writes the policy for the servers where it is another than they have. */
  async #publish(): Promise<string> {
    const steps = this.#options.steps();
    if (this.#published?.steps === steps) return this.#published.version;
    const start = performance.now();
    const version = await this.#folders.publish(steps, this.#options.save);
    this.#published = { steps, version };
    this.#counts.seconds += (performance.now() - start) / 1000;
    return version;
  }

  /** Has a server work on a draw, and looks at it again after a while where it fails. */
  async #tend(server: RolloutServer, draw: Draw, weights: Weights, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      try {
        await untilAborted(server.ready(weights), end);
        this.#isUp(server);
        await server.serve(draw, weights, end);
        return;
      } catch (error) {
        if (end.aborted) return;
        if (!(error instanceof EndpointError)) throw error;
        this.#isOut(server, error);
        await sleep(server.nextPause(), undefined, { signal: end }).catch(() => undefined);
      }
    }
  }

  #isUp(server: RolloutServer): void {
    if (server.trouble === null) return;
    server.trouble = null;
    this.#options.note(`rollout server ${server.host.baseUrl} is back`);
  }

  #isOut(server: RolloutServer, error: EndpointError): void {
    const wasUp = server.trouble === null;
    server.takeOut(error);
    if (!wasUp) return;
    this.#losses += 1;
    const text = `rollout server ${firstLine(error)}: taken out until it is healthy`;
    this.#options.warn(`rollout server ${this.#losses}`, text);
  }

  /** Fails the draw where waiting is of no use, or has been long enough. */
  async #waitFor(draw: Draw, end: AbortSignal): Promise<void> {
    const { signal } = this.#options;
    const { waitMinutes } = this.#settings;
    while (!end.aborted) {
      await sleep(CHECK_MS, undefined, { signal: end }).catch(() => undefined);
      const troubles = this.#members.flatMap(({ server }) => server.trouble ?? []);
      if (end.aborted || troubles.length < this.#members.length) continue;
      const isRefused = troubles.every(({ kind }) => kind === 'refused');
      const waited = performance.now() - draw.answeredAt;
      if (signal.aborted) draw.fail(signal.reason);
      else if (isRefused || waited > waitMinutes * MINUTE_MS)
        draw.fail(allOut(troubles, isRefused, waitMinutes));
    }
  }
}

/** Each with a random stream of its own, the one that it would have in this process. */
function requestsOf(prompts: readonly Int32Array[], options: SampleOptions): SequenceRequest[][] {
  const { temperature, topP = 1, topK = 0, groupSize, maxTokens, stopTokens, seed = 0 } = options;
  const { firstPrompt = 0 } = options;
  return prompts.map((prompt, at) =>
    Array.from({ length: groupSize }, (_, i) => ({
      prompt,
      temperature,
      topP,
      topK,
      maxTokens,
      stopTokens,
      random: () => Random.derive(seed, firstPrompt + at, i),
    })),
  );
}

/** Waits no longer than the signal allows; what is waited for goes on. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function firstLine({ message }: Error): string {
  return message.split('\n')[0]!;
}

function allOut(
  troubles: readonly EndpointError[],
  isRefused: boolean,
  waitMinutes: number,
): RolloutServersError {
  const what = isRefused
    ? 'every rollout server refuses what it is asked'
    : `no rollout server has answered for ${waitMinutes} minutes`;
  return new RolloutServersError(
    [what, ...troubles.map((trouble) => `    ${firstLine(trouble)}`)].join('\n'),
    isRefused
      ? (troubles[0]!.message.split('\n')[1]?.trim() ?? 'Change what they name.')
      : 'Start them again, then give the same command with --resume: the run goes on from its last saved state.',
  );
}
