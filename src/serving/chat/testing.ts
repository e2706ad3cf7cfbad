/** @file Models that say what a script tells them, and a terminal that remembers, for tests of conversations. */
import { PassThrough } from 'node:stream';
import { eventually } from '../../../tests/support/eventually.ts';
import type { Backend, GenerationEvent, GenerationRequest, ModelInfo } from '../backend.ts';
import { GenerationError, RECOMMENDED } from '../backend.ts';
import type { ChatSettings } from './settings.ts';

/** As `aha chat` without options. */
export const SETTINGS: ChatSettings = {
  temperature: null,
  topP: null,
  topK: null,
  maxTokens: null,
  thinkingBudget: null,
  seed: null,
  system: null,
};

/** What a model says to a request. */
export type Script = (
  request: GenerationRequest,
  model: string,
  signal: AbortSignal,
) => AsyncGenerator<GenerationEvent, void> | GenerationError;

/** A token of a thought or an answer, as models' processes tell it. */
export function delta(part: { readonly reasoning?: string; readonly content?: string }): GenerationEvent {
  const one = [{ token: '', logprob: -1, bytes: null, offset: 0, top: [] }];
  const { reasoning = '', content = '' } = part;
  const logprobs = part.reasoning === undefined ? { contentLogprobs: one } : { reasoningLogprobs: one };
  return { type: 'delta', index: 0, reasoning, content, ...logprobs };
}

/** A reply of one token a word. */
export async function* words(thought: string, answer: string): AsyncGenerator<GenerationEvent, void> {
  const pieces = (text: string): string[] => text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
  yield { type: 'start', promptTokens: 7, cachedTokens: 2 };
  for (const reasoning of pieces(thought)) yield delta({ reasoning });
  for (const content of pieces(answer)) yield delta({ content });
  const reasoningTokens = pieces(thought).length;
  const completionTokens = reasoningTokens + pieces(answer).length + 1;
  const thoughtAtAll = thought !== '';
  yield {
    type: 'finish',
    index: 0,
    reason: 'stop',
    reasoningTokens,
    completionTokens,
    thought: thoughtAtAll,
  };
}

/** A backend whose models follow the script, and the requests it got. */
export function scriptedBackend(script: Script, models: readonly string[] = ['tiny']) {
  const requests: GenerationRequest[] = [];
  const backend: Backend = {
    models: () => models.map(modelInfo),
    stats: () => [],
    generate: async (model, request, signal) => {
      requests.push(request);
      const events = script(request, model, signal);
      if (events instanceof GenerationError) throw events;
      return untilAborted(events, signal);
    },
    updateWeights: async () => {},
    drain: async () => {},
    close: async () => {},
  };
  return { backend, requests };
}

/** Ends with the signal, as the events of a model's process do. */
function untilAborted(events: AsyncGenerator<GenerationEvent, void>, signal: AbortSignal) {
  const aborted = new Promise<IteratorReturnResult<undefined>>((resolve) => {
    signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true });
  });
  const iterator: AsyncIterableIterator<GenerationEvent> = {
    next: () => Promise.race([events.next() as Promise<IteratorResult<GenerationEvent>>, aborted]),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

function modelInfo(id: string): ModelInfo {
  return {
    id,
    created: 0,
    context: 128,
    vocabSize: 100,
    parameters: 1,
    architecture: 'llama',
    dtype: 'float32',
    device: 'cpu',
    sampling: RECOMMENDED,
    toolSyntax: null,
    examples: [],
    graphs: 0,
    maxReplies: 1,
    state: 'ready',
  };
}

/** The rows that a terminal shows after `written`, without colours; blank rows at the end are left out. */
export function shownRows(written: string, columns = 40): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const put = (character: string): void => {
    if (column >= columns) [row, column] = [row + 1, 0];
    while (rows.length <= row) rows.push([]);
    const cells = rows[row]!;
    while (cells.length < column) cells.push(' ');
    cells[column++] = character;
  };
  const control = (argument: string, letter: string): void => {
    const count = Number(argument || 1);
    if (letter === 'A') row -= count;
    else if (letter === 'C') column += count;
    else if (letter === 'D') column -= count;
    else if (letter === 'G') column = count - 1;
    else if (letter === 'K') rows[row] = argument === '2' ? [] : rows[row]!.slice(0, column);
    else if (letter === 'J') rows.splice(row, rows.length, rows[row]!.slice(0, column));
    else if (!'mhl'.includes(letter)) throw new Error(`an unforeseen control sequence: ${argument}${letter}`);
  };
  const ESCAPE = '\u001b';
  const tokens = new RegExp(`${ESCAPE}\\[([?\\d;]*)([A-Za-z])|[^]`, 'gu');
  for (const [token, argument = '', letter] of written.matchAll(tokens)) {
    if (letter !== undefined) control(argument, letter);
    else if (token === '\r') column = 0;
    else if (token === '\n') {
      [row, column] = [row + 1, 0];
      while (rows.length <= row) rows.push([]);
    } else put(token);
  }
  const texts = rows.map((cells) => cells.join('').trimEnd());
  while (texts.at(-1) === '') texts.pop();
  return texts;
}

/** Streams of a terminal: what is typed goes in, what is shown is remembered. */
export class FakeTerminal {
  readonly stdin = new PassThrough();
  readonly stderr = {
    write: (text: string): void => {
      this.errors += text;
    },
  };
  readonly stdout = {
    columns: 40,
    isTTY: true,
    write: (text: string): void => {
      this.text += text;
    },
  };
  /** All that was written. */
  text = '';
  errors = '';
  #seen = 0;

  /** What the terminal shows. */
  get rows(): string[] {
    return shownRows(this.text, this.stdout.columns);
  }

  /** Waits until something new is shown that holds `text`, then types. */
  async when(text: string, typed: string): Promise<void> {
    await eventually(() => {
      const at = this.text.indexOf(text, this.#seen);
      if (at < 0) throw new Error(`waited for ${text}; shown since: ${this.text.slice(this.#seen)}`);
      this.#seen = at + text.length;
    });
    this.stdin.write(typed);
  }
}
