/** @file The models behind a server, each in a process of its own. */
import { UsageError } from '../../errors.ts';
import { type Backend, GenerationError, type GenerationRequest } from '../backend.ts';
import { FormatCompiler, formatSource } from '../formats/index.ts';
import type { ModelOptions } from './messages.ts';
import { ModelProcess, type OnEvent } from './model-process.ts';

export { MODEL_DEFAULTS, type ModelOptions } from './messages.ts';
export type { OnEvent } from './model-process.ts';

/** How often a drain looks whether all replies have ended. */
const DRAIN_STEP_MS = 20;

/**
 * Starts a process for each checkpoint and loads them, one after another: two at once would need the memory of both
 * loads.
 *
 * @param onEvent - told of what belongs in a log: a model's process that ended, errors with their stacks
 * @param program - what each process runs: a file that calls `serveModel`
 * @throws UserError when a checkpoint cannot be loaded; nothing is left running then
 */
export async function startBackend(
  models: readonly ModelOptions[],
  onEvent: OnEvent = () => {},
  program?: URL,
): Promise<Backend> {
  if (models.length === 0) throw new UsageError('no model to serve', 'Name the directory of a checkpoint.');
  const processes = models.map((options) => new ModelProcess(options, onEvent, program));
  const formats = new FormatCompiler();
  const closeAll = async (): Promise<void> => {
    formats.close();
    await Promise.all(processes.map((process) => process.close()));
  };
  try {
    for (const process of processes) await process.start();
  } catch (error) {
    await closeAll();
    throw error;
  }
  return new ProcessBackend(processes, formats, closeAll);
}

class ProcessBackend implements Backend {
  readonly #processes: readonly ModelProcess[];
  readonly #formats: FormatCompiler;
  readonly close: () => Promise<void>;
  /** Requests whose format is being compiled. */
  #compiling = 0;
  #draining = false;

  constructor(processes: readonly ModelProcess[], formats: FormatCompiler, close: () => Promise<void>) {
    this.#processes = processes;
    this.#formats = formats;
    this.close = close;
  }

  models() {
    return this.#processes.map(({ info }) => info);
  }

  stats() {
    return this.#processes.map(({ stats }) => stats);
  }

  async generate(model: string, request: GenerationRequest, signal: AbortSignal) {
    const process = this.#processOf(model);
    if (this.#draining) throw new GenerationError('unavailable', 'The server is shutting down.');
    const source = formatSource(request, process.info.toolSyntax);
    if (source === null) return process.generate(request, signal);
    this.#compiling++;
    try {
      return process.generate(request, signal, await this.#formats.compile(source));
    } finally {
      this.#compiling--;
    }
  }

  async updateWeights(model: string, checkpoint: string, version: string): Promise<void> {
    await this.#processOf(model).updateWeights(checkpoint, version);
  }

  #processOf(model: string): ModelProcess {
    const process = this.#processes.find(({ options }) => options.id === model);
    if (process !== undefined) return process;
    throw new GenerationError('unknown_model', `No model ${model} is served here.`);
  }

  async drain(): Promise<void> {
    this.#draining = true;
    while (this.#compiling > 0 || this.#processes.some(({ inFlight }) => inFlight > 0)) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
  }
}
