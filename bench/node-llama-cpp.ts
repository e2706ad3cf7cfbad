/**
 * @file llama.cpp by node-llama-cpp with its prebuilt library: nothing is compiled or downloaded. It is no dependency of this
 * package; docs/extending.md says how to install it.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is used of it. */
export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

export interface LlamaModel {
  tokenize(text: string, special: boolean): number[];
  createContext(options: object): Promise<{ getSequence(): LlamaSequence }>;
}

export interface LlamaSequence {
  /** A token alone, or one after which the next is asked for. */
  controlledEvaluate(
    input: readonly (number | readonly [token: number, asked: object])[],
  ): Promise<readonly ({ readonly next: LlamaNext } | undefined)[]>;
  clearHistory(): Promise<void>;
}

export interface LlamaNext {
  readonly token: number;
  /** Where they were asked for. */
  readonly probabilities: ReadonlyMap<number, number>;
}

interface NodeLlamaCpp {
  readonly LlamaLogLevel: { readonly error: string };
  getLlama(options: object): Promise<Llama>;
}

/**
 * llama.cpp on the CPU.
 * @param folder - the one that holds node_modules/node-llama-cpp
 */
export async function openLlama(folder: string, threads: number): Promise<Llama> {
  const { resolve } = createRequire(path.join(path.resolve(folder), 'package.json'));
  const module = (await import(pathToFileURL(resolve('node-llama-cpp')).href)) as NodeLlamaCpp;
  const { getLlama, LlamaLogLevel } = module;
  const offline = { build: 'never', skipDownload: true } as const;
  return getLlama({ gpu: false, ...offline, logLevel: LlamaLogLevel.error, maxThreads: threads });
}
