/**
 * @file Process that runs the script of a reward: reads batches of completions, reports each call and its result.
 *
 * Requests are length-prefixed V8 values on descriptor 3, answers are lines of JSON on descriptor 4. An answer is written
 * synchronously: what was begun is known even where the script never returns or ends the process. The other end of
 * descriptor 5 closes when the parent dies, however it dies; this process and its children then end too.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { deserialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type Answer, type Batch, type Load, SCRIPT_FRAME, type Thrown, unpack } from './script-protocol.ts';

type Scorer = (completion: unknown) => unknown;

const REQUESTS = 3;
const ANSWERS = 4;
const PARENT = 5;
/** Bytes of a frame's length. */
const HEADER = 4;

/** A thread of its own, so that it runs while the script is in an endless loop. The process leads its group. */
const watchParent = `new (require('node:net').Socket)({ fd: ${PARENT} }).resume().on('close', () =>
  process.kill(-process.pid, 'SIGKILL'))`;

function answer(value: Answer): void {
  let rest: Buffer = Buffer.from(`${JSON.stringify(value)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(ANSWERS, rest));
}

/** The whole script as a data: URL, which is what a stack calls it. */
let scriptUrl = '';

function thrown(cause: unknown): Thrown {
  const message = cause instanceof Error ? cause.message : String(cause);
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  return { message, stack: stack.replaceAll(scriptUrl, SCRIPT_FRAME) };
}

async function load({ code }: Load): Promise<Scorer> {
  scriptUrl = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  const { default: exported } = (await import(scriptUrl)) as { default?: unknown };
  answer({ loaded: typeof exported });
  return exported as Scorer;
}

/** The same object, and all that it holds, made read-only; numbers in typed arrays are a copy of the script's own. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

function report(index: number, score: unknown): void {
  if (score === null || (typeof score === 'number' && Number.isFinite(score))) answer({ index, score });
  else answer({ index, returned: typeof score === 'number' ? String(score) : typeof score });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Settles once the promise does or its time is over, whichever is first; what comes later is left alone. */
async function settled(index: number, promise: PromiseLike<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late');
  });
  try {
    const outcome = await Promise.race([Promise.resolve(promise).then((score) => ({ score })), late]);
    if (outcome === 'late') answer({ index, late: true });
    else report(index, outcome.score);
  } catch (cause) {
    answer({ index, thrown: thrown(cause) });
  } finally {
    clearTimeout(timer);
  }
}

/** Calls the script for each completion in order; at most `width` promises are open at a time. */
async function scoreBatch(score: Scorer, { completions, indices, width, limitMs }: Batch): Promise<void> {
  let next = 0;
  const call = (): Promise<void> | undefined => {
    const at = next++;
    const index = indices[at]!;
    answer({ begun: index });
    try {
      const given = score(frozen(unpack(completions[at]!)));
      if (isPromise(given)) return settled(index, given, limitMs);
      report(index, given);
    } catch (cause) {
      answer({ index, thrown: thrown(cause) });
    }
    return undefined;
  };
  const lane = async (): Promise<void> => {
    while (next < completions.length) {
      const open = call();
      if (open !== undefined) await open;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Calls `take` with each whole frame, one after the other. */
function readFrames(input: Socket, take: (frame: Buffer) => Promise<void>): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = HEADER;
  let turn = Promise.resolve();
  input.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const all = Buffer.concat(chunks, size);
      const length = HEADER + all.readUInt32LE(0);
      wanted = size < length ? length : HEADER;
      const frame = all.subarray(HEADER, length);
      chunks = [size < length ? all : all.subarray(length)];
      size = chunks[0]!.length;
      if (wanted === HEADER) turn = turn.then(() => take(frame));
    }
  });
}

process.on('uncaughtException', (cause) => {
  answer({ stray: thrown(cause) });
  process.exit(1);
});
new Worker(watchParent, { eval: true }).unref();

let scorer: Scorer | undefined;
readFrames(new Socket({ fd: REQUESTS }), async (frame) => {
  const request = deserialize(frame) as Load | Batch;
  if ('completions' in request) return scoreBatch(scorer!, request);
  try {
    scorer = await load(request);
  } catch (cause) {
    answer({ unloadable: thrown(cause) });
  }
});
answer({ ready: true });
