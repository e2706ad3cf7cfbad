/** @file Shared parts of the benchmarks of the server: its start, requests, replies read whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Backend, GenerationRequest } from '../src/serving/backend.ts';
import { REQUEST } from '../src/serving/testing.ts';
import { packageRoot } from '../src/torch/index.ts';

/** `aha serve` in a process of its own. */
export interface Server {
  readonly child: ChildProcess;
  readonly url: URL;
}

/** Starts it on a free port; resolves once it takes requests. */
export async function startServer(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<Server> {
  const program = path.join(packageRoot, 'bin', 'aha');
  const fixed = ['--port', '0', '--json', '--log-level', 'error'];
  const child = spawn(process.execPath, [...nodeArgs, program, 'serve', ...args, ...fixed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { url } = JSON.parse(await firstLine(child)) as { url: string };
  return { child, url: new URL(url) };
}

/** What a process prints first. Rejects where it ends before. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.includes('\n')) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with status ${code}`)));
  });
}

/** A greedy question. */
export function question(
  text: string,
  changes: Partial<GenerationRequest['limits']> = {},
): GenerationRequest {
  return {
    ...REQUEST,
    prompt: { kind: 'chat', messages: [{ role: 'user', content: text }] },
    limits: { ...REQUEST.limits, ...changes },
  };
}

/** A reply taken whole. */
export interface WholeReply {
  readonly reasoning: string;
  readonly content: string;
  readonly reasoningTokens: number;
  readonly completionTokens: number;
}

/** Asks and waits for the end. */
export async function ask(backend: Backend, request: GenerationRequest): Promise<WholeReply> {
  const model = backend.models()[0]!.id;
  let [reasoning, content] = ['', ''];
  const events = await backend.generate(model, request, new AbortController().signal);
  for await (const event of events) {
    if (event.type === 'delta') {
      reasoning += event.reasoning;
      content += event.content;
    } else if (event.type === 'finish') {
      const { reasoningTokens, completionTokens } = event;
      return { reasoning, content, reasoningTokens, completionTokens };
    }
  }
  throw new Error('the reply has no end');
}
