/** @file A conversation at the terminal: messages and commands in, replies out, until the person has had enough. */
import { writeFile } from 'node:fs/promises';
import { type Backend, GenerationError } from '../backend.ts';
import { Conversation } from './conversation.ts';
import { type CommandName, continued, helpText, readTyped } from './input.ts';
import { chatPainter, paintLines } from './palette.ts';
import { type ChatReply, readReply } from './reply.ts';
import { ReplyView } from './reply-view.ts';
import { harmless, harmlessJson } from './sanitise.ts';
import { Screen } from './screen.ts';
import { type ChatSettings, changeSetting, requestOf } from './settings.ts';
import type { ChatStreams } from './streams.ts';
import { Typing } from './typing.ts';

const PROMPT = '> ';
const PROMPT_GOING_ON = '… ';

export interface SessionOptions {
  readonly backend: Backend;
  readonly streams: ChatStreams;
  readonly settings: ChatSettings;
  /** false closes each thought before it begins; null leaves it to the models. */
  readonly thinking: false | null;
  /** Begins with thinking hidden. */
  readonly folded: boolean;
  readonly colours: boolean;
  /** Whether the terminal can redraw a line. */
  readonly redraws: boolean;
  /** Ends the conversation. */
  readonly signal: AbortSignal;
  /** Seconds on a clock that only goes forward. */
  readonly clock?: () => number;
}

/** Talks until `/quit`, Ctrl-D, Ctrl-C twice at the prompt, the end of the input, or the signal. */
export async function runSession(options: SessionOptions): Promise<void> {
  const session = new Session(options);
  await session.run();
}

class Session {
  readonly #options: SessionOptions;
  readonly #screen: Screen;
  readonly #typing: Typing;
  readonly #clock: () => number;
  readonly #models: readonly string[];
  #settings: ChatSettings;
  #conversation = new Conversation();
  #folded: boolean;
  /** Replies to the last message before this one. */
  #attempt = 0;
  #isOver = false;
  /** Stops the reply under way. */
  #stop: AbortController | null = null;

  constructor(options: SessionOptions) {
    const { streams, redraws } = options;
    this.#options = options;
    this.#settings = options.settings;
    this.#folded = options.folded;
    this.#clock = options.clock ?? (() => performance.now() / 1000);
    this.#models = options.backend.models().map(({ id }) => id);
    this.#screen = new Screen(streams.stdout, chatPainter(options.colours), redraws);
    this.#typing = new Typing({
      input: streams.stdin,
      output: streams.stdout,
      isCapable: redraws,
      onInterrupt: () => this.#stop?.abort(),
    });
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const end = (): void => {
      this.#isOver = true;
      this.#stop?.abort();
      this.#typing[Symbol.dispose]();
    };
    signal.addEventListener('abort', end, { once: true });
    try {
      this.#note(`${this.#models.join(', ')} · /help lists commands`);
      while (!this.#isOver) {
        const text = await this.#message();
        if (text === null) break;
        await this.#obey(text);
      }
    } finally {
      signal.removeEventListener('abort', end);
      this.#typing[Symbol.dispose]();
    }
  }

  /** What is typed up to a line that does not go on; null at the end. */
  async #message(): Promise<string | null> {
    let text = '';
    let isInterrupted = false;
    for (;;) {
      const line = await this.#typing.line(text === '' ? PROMPT : PROMPT_GOING_ON);
      if (line.type === 'interrupt') {
        this.#screen.print('');
        if (isInterrupted) return null;
        isInterrupted = true;
        text = '';
        this.#note('Ctrl-C again or Ctrl-D ends the conversation.');
        continue;
      }
      if (line.type === 'closed') {
        this.#screen.write('\n');
        return null;
      }
      isInterrupted = false;
      const more = line.goesOn ? line.text : continued(line.text);
      if (more === null) return text + line.text;
      text += `${more}\n`;
    }
  }

  async #obey(text: string): Promise<void> {
    const typed = readTyped(text);
    switch (typed.type) {
      case 'nothing':
        return;
      case 'problem':
        this.#problem(typed.message);
        return;
      case 'message':
        this.#attempt = 0;
        await this.#ask(typed.text, this.#conversation);
        return;
      case 'command':
        await this.#commands[typed.name](typed.argument);
    }
  }

  readonly #commands: Record<CommandName, (argument: string) => void | Promise<void>> = {
    help: () => this.#screen.print(helpText()),
    again: () => this.#again(),
    new: () => {
      this.#conversation = new Conversation();
      this.#note('A new conversation.');
    },
    set: (argument) => this.#set(argument),
    fold: () => {
      this.#folded = !this.#folded;
      this.#note(this.#folded ? 'Thinking is hidden; /last shows it.' : 'Thinking is shown.');
    },
    last: () => this.#last(),
    save: (file) => this.#save(file),
    quit: () => {
      this.#isOver = true;
    },
  };

  /** Asks each model in turn. The conversation goes on with what they said; where none said anything it stays. */
  async #ask(text: string, before: Conversation): Promise<void> {
    const replies: ChatReply[] = [];
    for (const model of this.#models) {
      if (this.#isOver) break;
      if (this.#models.length > 1) this.#screen.print(this.#screen.paint('name', model));
      const reply = await this.#reply(model, text, before);
      if (reply !== null) replies.push(reply);
    }
    if (replies.length > 0) this.#conversation = before.with({ text, replies });
    else if (!this.#isOver)
      this.#note('The conversation is as it was; the up arrow brings the message back.');
  }

  /** One model's reply as far as it came, null where there is none. */
  async #reply(model: string, text: string, before: Conversation): Promise<ChatReply | null> {
    const { backend, thinking } = this.#options;
    const stop = new AbortController();
    this.#stop = stop;
    using view = new ReplyView({ screen: this.#screen, folded: this.#folded, clock: this.#clock });
    try {
      const { reply, error } = await readReply({
        backend,
        model,
        request: requestOf(this.#settings, before.messagesFor(model, text), {
          attempt: this.#attempt,
          thinking,
          own: backend.models().find(({ id }) => id === model)!.sampling,
        }),
        signal: stop.signal,
        onDelta: view.take,
        clock: this.#clock,
      });
      view.end(reply);
      if (error !== null) this.#problem(error.message);
      return reply;
    } catch (error) {
      if (!(error instanceof GenerationError)) throw error;
      view[Symbol.dispose]();
      this.#problem(error.message);
      return null;
    } finally {
      this.#stop = null;
    }
  }

  async #again(): Promise<void> {
    const { last } = this.#conversation;
    if (last === undefined) {
      this.#problem('There is no message to answer again.');
      return;
    }
    this.#attempt++;
    const { temperature } = this.#settings;
    const isGreedy = this.#options.backend
      .models()
      .every(({ sampling }) => (temperature ?? sampling.temperature) === 0);
    if (isGreedy) this.#note('At temperature 0 every reply is the same.');
    await this.#ask(last.text, this.#conversation.beforeLast());
  }

  #set(argument: string): void {
    const result = changeSetting(this.#settings, argument);
    if ('problem' in result) {
      this.#problem(result.problem);
      return;
    }
    if ('settings' in result) this.#settings = result.settings;
    this.#screen.print(harmless(result.text));
  }

  #last(): void {
    const { last } = this.#conversation;
    if (last === undefined) {
      this.#problem('There is no reply yet.');
      return;
    }
    for (const { model, reasoning } of last.replies) {
      if (this.#models.length > 1) this.#screen.print(this.#screen.paint('name', model));
      const thought = harmless(reasoning).trim();
      this.#note(thought === '' ? 'The last reply holds no thought.' : thought);
    }
  }

  async #save(file: string): Promise<void> {
    if (file === '') {
      this.#problem('Name a file: /save <file>.');
      return;
    }
    const json = harmlessJson(this.#conversation.toJson(this.#models, this.#settings), 2);
    try {
      // Conversations are private, as far as the file system goes.
      await writeFile(file, `${json}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      this.#problem(
        code === 'EEXIST'
          ? `${file} is there already; name another file.`
          : `${file} is not saved: ${message}`,
      );
      return;
    }
    this.#note(`Saved to ${file}.`);
  }

  #note(text: string): void {
    this.#screen.print(paintLines(this.#screen.paint, 'quiet', text));
  }

  #problem(text: string): void {
    this.#screen.print(paintLines(this.#screen.paint, 'problem', harmless(text)));
  }
}
