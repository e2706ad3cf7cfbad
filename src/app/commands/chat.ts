/** @file `aha chat`: loads checkpoints, each in a process of its own, and talks with them. */
import { Readable } from 'node:stream';
import { UserError } from '../../errors.ts';
import type { Output } from '../../output.ts';
import { hasColours } from '../../output.ts';
import {
  answerOnce,
  type ChatSettings,
  type ChatStreams,
  chatPainter,
  type Input,
  readMessage,
  runSession,
  Screen,
} from '../../serving/chat/index.ts';
import type { Backend } from '../../serving/index.ts';
import { startBackend } from '../../serving/process/index.ts';
import { EXIT_INTERRUPTED, listenForInterrupt } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { type LoadOptions, locateCheckpoints, modelOptions, type NamedCheckpoint } from './served-models.ts';

export interface ChatOptions extends LoadOptions {
  readonly maxTokens?: number;
  readonly thinkingBudget?: number;
  readonly system?: string;
  readonly seed?: number;
  readonly thinking: boolean;
  readonly fold?: boolean;
  readonly color: boolean;
  readonly json?: boolean;
}

/** A terminal that was stopped (Ctrl-S, Ctrl-Z) may take nothing for hours. */
const STALL_TIMEOUT_MS = 24 * 3600 * 1000;

/** Talks at a terminal until the person ends it; otherwise answers the one message that stdin holds. */
export async function chat(checkpoints: readonly string[], options: ChatOptions, io: Io): Promise<void> {
  const named = await locateCheckpoints(checkpoints, io.stderr);
  const { stdout, stderr } = io;
  const stdin: Input = io.stdin ?? Readable.from([]);
  const streams: ChatStreams = { stdin, stdout, stderr };
  const isTalk = stdin.isTTY === true && stdout.isTTY === true && options.json !== true;
  const colours = (stream: Output): boolean => options.color && hasColours(stream);
  const shared = {
    settings: settingsOf(options),
    thinking: options.thinking ? null : (false as const),
    folded: options.fold === true,
  };
  if (isTalk) {
    const terminal = { redraws: process.env.TERM !== 'dumb', colours: colours(stdout) };
    const screen = new Screen(stdout, chatPainter(terminal.colours), terminal.redraws);
    screen.live(`loading ${named.map(({ id }) => id).join(', ')}…`);
    const backend = await startModels(named, options, streams).finally(() => screen.settle());
    await withModels(backend, (signal) => runSession({ ...shared, ...terminal, backend, streams, signal }));
    return;
  }
  const text = await readMessage(stdin);
  const paint = {
    stdout: chatPainter(colours(stdout)),
    stderr: chatPainter(colours(stderr)),
  };
  const backend = await startModels(named, options, streams);
  await withModels(backend, (signal) =>
    answerOnce(text, { ...shared, backend, streams, signal, paint, json: options.json === true }),
  );
}

/** @throws UserError where a checkpoint cannot be loaded */
function startModels(
  named: readonly NamedCheckpoint[],
  options: ChatOptions,
  { stderr }: ChatStreams,
): Promise<Backend> {
  const models = named.map((model) => ({
    ...modelOptions(model, options),
    maxRows: 1,
    // A reply that was stopped may not have left when the next is asked for.
    maxQueue: 4,
    stallTimeoutMs: STALL_TIMEOUT_MS,
  }));
  return startBackend(models, ({ model, message }) => stderr.write(`${model}: ${message}\n`));
}

/**
 * Works with models and closes them whatever happens. SIGINT and SIGTERM end the work, a second one the process.
 * @throws UserError where a model cannot answer, or the work was interrupted
 */
async function withModels(backend: Backend, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  using interrupt = listenForInterrupt(() => '');
  try {
    await work(interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) {
      throw new UserError('interrupted', 'What was answered before is complete.', {
        exitCode: EXIT_INTERRUPTED,
        cause: error,
      });
    }
    throw error;
  } finally {
    await backend.close();
  }
}

function settingsOf(options: ChatOptions): ChatSettings {
  return {
    // The models have them as their defaults.
    temperature: null,
    topP: null,
    topK: null,
    maxTokens: options.maxTokens ?? null,
    thinkingBudget: options.thinkingBudget ?? null,
    seed: options.seed ?? null,
    system: options.system ?? null,
  };
}
