/** @file A conversation of one message, for programs: the message from a pipe, the answers to another. */
import { UsageError, UserError } from '../../errors.ts';
import { type Backend, GenerationError } from '../backend.ts';
import { Conversation, replyJson } from './conversation.ts';
import { MarkdownStream } from './markdown.ts';
import { type ChatPaint, paintLines } from './palette.ts';
import { type ChatReply, readReply } from './reply.ts';
import { harmless, harmlessJson } from './sanitise.ts';
import { type ChatSettings, requestOf } from './settings.ts';
import { tokensText } from './status.ts';
import type { ChatStreams, Input } from './streams.ts';

/** More is no message: the longest contexts hold a few million characters. */
const LONGEST_MESSAGE = 64 * 1024 * 1024;

/**
 * Reads all of a stream as one message, without the line breaks at its end.
 * @throws UsageError where there is none
 */
export async function readMessage(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const piece = Buffer.from(chunk as string | Uint8Array);
    bytes += piece.length;
    if (bytes > LONGEST_MESSAGE) {
      throw new UsageError(`stdin: longer than ${LONGEST_MESSAGE} bytes`, 'Pipe a shorter message in.');
    }
    chunks.push(piece);
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks)).replace(/[\r\n]+$/, '');
  if (text.trim() !== '') return text;
  throw new UsageError('stdin: no message', 'Pipe a message in, or talk at a terminal.');
}

export interface AnswerOptions {
  readonly backend: Backend;
  readonly streams: Pick<ChatStreams, 'stdout' | 'stderr'>;
  readonly settings: ChatSettings;
  readonly thinking: false | null;
  /** Leaves thinking out. */
  readonly folded: boolean;
  readonly json: boolean;
  /** Colours of each stream. */
  readonly paint: { readonly stdout: ChatPaint; readonly stderr: ChatPaint };
  readonly signal: AbortSignal;
}

/**
 * Answers one message with each model: answers to stdout, thinking to stderr; or a line of JSON for each.
 * @throws UserError where a model cannot answer; what was answered before stays written
 */
export async function answerOnce(text: string, options: AnswerOptions): Promise<void> {
  const { backend, settings, thinking, signal } = options;
  const models = backend.models();
  for (const { id: model, sampling: own } of models) {
    signal.throwIfAborted();
    const writer = options.json ? null : new PlainWriter(options, models.length > 1 ? model : null);
    const messages = new Conversation().messagesFor(model, text);
    const { reply, error } = await readReply({
      backend,
      model,
      request: requestOf(settings, messages, { attempt: 0, thinking, own }),
      signal,
      onDelta: ({ reasoning, content }) => writer?.take(harmless(reasoning), harmless(content)),
      clock: () => performance.now() / 1000,
    }).catch((thrown: unknown) => {
      throw thrown instanceof GenerationError ? noReply(`${model}: no reply`, thrown) : thrown;
    });
    writer?.end(reply);
    if (error !== null) throw noReply(`${model}: the reply broke off`, error);
    signal.throwIfAborted();
    if (writer === null) options.streams.stdout.write(`${harmlessJson(replyJson(reply))}\n`);
  }
}

function noReply(what: string, error: GenerationError): UserError {
  return new UserError(what, error.message, { cause: error });
}

/** Writes a reply as text: blank lines around thought and answer are left out, one line break ends each. */
class PlainWriter {
  readonly #options: AnswerOptions;
  readonly #markdown: MarkdownStream;
  readonly #thought = new Trimmed();
  readonly #answer = new Trimmed();

  /** @param name - whose reply it is, where there are several */
  constructor(options: AnswerOptions, name: string | null) {
    this.#options = options;
    this.#markdown = new MarkdownStream(options.paint.stdout);
    if (name !== null) options.streams.stdout.write(`${options.paint.stdout('name', `${name}:`)}\n`);
  }

  take(reasoning: string, content: string): void {
    this.#think(this.#thought.push(reasoning));
    // The thought ends its line before the answer begins: both may go to one terminal.
    const answer = this.#answer.push(content);
    if (answer !== '') this.#endThought();
    this.#options.streams.stdout.write(this.#markdown.push(answer));
  }

  end({ end, completionTokens }: ChatReply): void {
    this.#endThought();
    this.#options.streams.stdout.write(`${this.#markdown.end()}\n`);
    if (end === 'length') this.#aside(`(cut at the limit after ${tokensText(completionTokens)})\n`);
  }

  #think(text: string): void {
    if (text !== '') this.#aside(text);
  }

  #endThought(): void {
    if (this.#thought.end()) this.#aside('\n');
  }

  #aside(text: string): void {
    const { folded, streams, paint } = this.#options;
    if (!folded) streams.stderr.write(paintLines(paint.stderr, 'quiet', text));
  }
}

/** Text without blank lines before it and blanks behind it, in pieces. */
class Trimmed {
  #held = '';
  #isOpen = false;

  push(text: string): string {
    const all = this.#held + text;
    const begun = this.#isOpen ? all : all.replace(/^(?:[ \t]*\n)+/, '');
    const shown = begun.trimEnd();
    this.#held = begun.slice(shown.length);
    if (shown !== '') this.#isOpen = true;
    return shown;
  }

  /** Returns once whether there was any text. */
  end(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }
}
