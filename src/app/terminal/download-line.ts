/** @file A download as it goes: one live line on a terminal, else a line every few seconds. */
import { bytesInWords } from '../../bytes.ts';
import type { Output } from '../../output.ts';
import type { TransferWatcher } from '../../remote/hub/index.ts';
import { truncate } from '../../text/index.ts';
import { formatDuration } from './step-line.ts';

/** To the start of the line, and erase it. */
const CLEAR_LINE = '\r\u001b[2K';
const DEFAULT_COLUMNS = 80;
/** Seconds between two lines where none can be redrawn, and between two where one can. */
const PLAIN_EVERY = 10;
const LIVE_EVERY = 0.1;

/** Settings of a line. */
export interface DownloadLineOptions {
  /** What is downloaded, as it was named. */
  readonly title: string;
  /** Bytes that are to come. */
  readonly total: number;
  /** Seconds on a clock that only goes forward. */
  readonly clock?: () => number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Shows one download. */
export class DownloadLine implements TransferWatcher {
  readonly #output: Output;
  readonly #options: DownloadLineOptions;
  readonly #clock: () => number;
  readonly #live: boolean;
  readonly #began: number;
  #shown: number;
  #bytes = 0;
  #isDrawn = false;

  constructor(output: Output, options: DownloadLineOptions) {
    this.#output = output;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now() / 1000);
    this.#live = output.isTTY === true && (options.env ?? process.env).TERM !== 'dumb';
    this.#began = this.#clock();
    this.#shown = this.#began;
    if (options.total > 0) this.note(`${options.title}: ${bytesInWords(options.total)} to download`);
  }

  onBytes(difference: number): void {
    this.#bytes += difference;
    const now = this.#clock();
    if (now - this.#shown < (this.#live ? LIVE_EVERY : PLAIN_EVERY)) return;
    this.#shown = now;
    if (!this.#live) {
      this.#output.write(`${this.#line(now)}\n`);
      return;
    }
    this.#output.write(CLEAR_LINE + truncate(this.#line(now), (this.#output.columns ?? DEFAULT_COLUMNS) - 1));
    this.#isDrawn = true;
  }

  note(text: string): void {
    this.#erase();
    this.#output.write(`${text}\n`);
  }

  /** The last line: how much came, and how fast. */
  end(): void {
    this.#erase();
    if (this.#bytes <= 0) return;
    const seconds = this.#clock() - this.#began;
    this.note(`${this.#options.title}: ${bytesInWords(this.#bytes)} in ${formatDuration(seconds)}`);
  }

  /** Takes the live line away, as before an error. */
  stop(): void {
    this.#erase();
  }

  #erase(): void {
    if (this.#isDrawn) this.#output.write(CLEAR_LINE);
    this.#isDrawn = false;
  }

  #line(now: number): string {
    const { title, total } = this.#options;
    const done = Math.max(0, Math.min(total, this.#bytes));
    const rate = this.#bytes / Math.max(now - this.#began, 1e-3);
    const left = rate > 0 ? `, ${formatDuration((total - done) / rate)} left` : '';
    const share = total > 0 ? Math.floor((100 * done) / total) : 100;
    return `${title}: ${share} % of ${bytesInWords(total)}, ${bytesInWords(Math.max(0, rate))}/s${left}`;
  }
}
