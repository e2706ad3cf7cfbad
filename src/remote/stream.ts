/**
 * @file A streamed completion (server-sent events) put together into the body that would have come without streaming.
 *
 * An error inside the stream is passed on. A stream that ends before every choice has a finish reason, and without
 * `[DONE]`, is incomplete. Events of kinds that are not OpenAI's (progress of tools) and data that are no object are
 * ignored.
 */
import { isJsonObject, type Json, type JsonObject } from '../records.ts';
import { errorIn } from './error-message.ts';
import { finishOf } from './finish.ts';
import { countOf, objectsOf, writtenIn } from './loose.ts';
import { EventReader, type ServerEvent } from './server-events.ts';

interface Growing {
  readonly content: string[];
  readonly thought: string[];
  /** Finish reason, error and what else stands beside the text. */
  rest: JsonObject;
}

/** Collects the events of one stream. */
export class StreamAssembler {
  readonly #reader = new EventReader();
  readonly #choices = new Map<number, Growing>();
  #head: JsonObject = {};
  #usage: Json = null;
  #error: Json | null = null;
  #done = false;

  /**
   * Takes the next text of the body.
   * @throws SyntaxError for an event that is not JSON
   */
  push(text: string): void {
    for (const event of this.#reader.push(text)) this.#take(event);
  }

  /** What an error event said, or null. */
  get error(): Json | null {
    return this.#error;
  }

  /** Whether any of the reply has come. */
  get begun(): boolean {
    return this.#choices.size > 0;
  }

  /** The whole body, or null when the stream was torn. */
  end(): Json | null {
    for (const event of this.#reader.end()) this.#take(event);
    const finished = [...this.#choices.values()].every(({ rest }) => finishOf(rest.finish_reason) !== null);
    if (this.#choices.size === 0 || !(finished || this.#done)) return null;
    const choices = [...this.#choices].map(([index, { content, thought, rest }]) => ({
      ...rest,
      index,
      message: { role: 'assistant', content: content.join(''), reasoning_content: thought.join('') || null },
      finish_reason: rest.finish_reason ?? null,
    }));
    return { ...this.#head, object: 'chat.completion', choices, usage: this.#usage };
  }

  #take({ event, data }: ServerEvent): void {
    const lines = data.split('\n').filter((line) => line.trim() !== '');
    const said = lines.filter((line) => line.trim() !== '[DONE]');
    if (said.length < lines.length) this.#done = true;
    if (said.length === 0) return;
    const values = valuesOf(said);
    if (event === 'error') this.#error ??= values?.[0] ?? data;
    else if (values !== null) for (const value of values) this.#add(value);
    else if (event === '' || event === 'message') throw new SyntaxError(TORN);
  }

  #add(value: Json): void {
    if (!isJsonObject(value)) return;
    const { choices, usage, ...head } = value;
    this.#error ??= errorIn(value);
    if (this.#choices.size === 0) this.#head = head;
    if (isJsonObject(usage)) this.#usage = usage;
    for (const [position, choice] of objectsOf(choices).entries()) this.#grow(choice, position);
  }

  #grow({ index, delta, message, ...rest }: JsonObject, position: number): void {
    const at = countOf(index) ?? position;
    const growing = this.#choices.get(at) ?? { content: [], thought: [], rest: {} };
    this.#choices.set(at, growing);
    const told = Object.entries(rest).filter(([, value]) => value !== null && value !== '');
    growing.rest = { ...growing.rest, ...Object.fromEntries(told) };
    // A server that closes its stream with the whole message repeats what its deltas said.
    const isWhole = !isJsonObject(delta) && isJsonObject(message);
    if (isWhole && growing.content.length + growing.thought.length > 0) return;
    const piece = isWhole ? message : delta;
    const { thought, content } = isJsonObject(piece) ? writtenIn(piece) : { thought: '', content: '' };
    if (content !== '') growing.content.push(content);
    if (thought !== '') growing.thought.push(thought);
  }
}

const TORN = 'an event of the stream is no JSON: it is torn or broken';

/** The JSON of an event, or of several where a server leaves out the blank lines between them; null where it is none. */
function valuesOf(lines: readonly string[]): Json[] | null {
  for (const texts of [[lines.join('\n')], lines]) {
    try {
      return texts.map((text) => JSON.parse(text) as Json);
    } catch {
      // Not so.
    }
  }
  return null;
}
