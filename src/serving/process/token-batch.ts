/**
 * @file Tokens of many replies in one message: typed arrays, so that a token costs a few bytes and no object on its way
 * between the processes.
 */
import type { ScoredToken, TokenEnd } from '../replies/index.ts';

const ENDS: readonly TokenEnd[] = ['goes on', 'end token', 'complete', 'length'];
/** Numbers of an entry: request, reply, token, how it ends, alternatives. */
const FIELDS = 5;
/** In the place of a token, where a reply ends without one. */
const NO_TOKEN = -1;
/** In the place of the number of alternatives, where no log-probability is reported. */
const NOT_SCORED = -1;
const FIRST_ENTRIES = 64;

/** Tokens in the order in which they were chosen. */
export interface PackedTokens {
  /** FIELDS numbers for each token. */
  readonly entries: Int32Array;
  /** For each token whose log-probability is reported: itself, then its alternatives. */
  readonly logprobs: Float32Array;
  /** The alternatives of each of them. */
  readonly alternatives: Int32Array;
}

/** Collects tokens until they are sent. */
export class TokenBatch {
  #entries = new Int32Array(FIRST_ENTRIES * FIELDS);
  #length = 0;
  #logprobs: number[] = [];
  #alternatives: number[] = [];

  get empty(): boolean {
    return this.#length === 0;
  }

  /** @param scored - null where the reply ends without a token */
  add(request: number, reply: number, scored: ScoredToken | null, end: TokenEnd): void {
    if (this.#length === this.#entries.length) {
      const longer = new Int32Array(2 * this.#length);
      longer.set(this.#entries);
      this.#entries = longer;
    }
    const isScored = scored !== null && scored.logprob !== null;
    const entries = this.#entries;
    let at = this.#length;
    entries[at++] = request;
    entries[at++] = reply;
    entries[at++] = scored === null ? NO_TOKEN : scored.token;
    entries[at++] = ENDS.indexOf(end);
    entries[at++] = isScored ? scored.top.length : NOT_SCORED;
    this.#length = at;
    if (!isScored) return;
    this.#logprobs.push(scored.logprob);
    for (const { token, logprob } of scored.top) {
      this.#alternatives.push(token);
      this.#logprobs.push(logprob);
    }
  }

  /** All that was added since the last time. */
  take(): PackedTokens {
    const packed = {
      entries: this.#entries.slice(0, this.#length),
      logprobs: Float32Array.from(this.#logprobs),
      alternatives: Int32Array.from(this.#alternatives),
    };
    this.#length = 0;
    this.#logprobs = [];
    this.#alternatives = [];
    return packed;
  }
}

/** Goes through the tokens of a message in order. */
export function readTokens(
  { entries, logprobs, alternatives }: PackedTokens,
  read: (request: number, reply: number, scored: ScoredToken | null, end: TokenEnd) => void,
): void {
  let [nextLogprob, nextAlternative] = [0, 0];
  for (let at = 0; at < entries.length; at += FIELDS) {
    const token = entries[at + 2]!;
    const most = entries[at + 4]!;
    const logprob = most === NOT_SCORED ? null : logprobs[nextLogprob++]!;
    const top: ScoredToken['top'][number][] = [];
    for (let k = 0; k < most; k++) {
      top.push({ token: alternatives[nextAlternative++]!, logprob: logprobs[nextLogprob++]! });
    }
    const scored = token === NO_TOKEN ? null : { token, logprob, top };
    read(entries[at]!, entries[at + 1]!, scored, ENDS[entries[at + 3]!]!);
  }
}
