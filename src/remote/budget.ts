/**
 * @file Spending limit, in dollars or tokens: a request that might exceed it is not sent.
 *
 * Before a request is sent, its worst-case cost is reserved (each byte of the prompt a token, the reply as long as
 * allowed). Afterwards its real cost is booked. A request that fits once others in flight have ended waits for them. If
 * a reply is lost (time-out, broken connection), the endpoint may charge for it: the reservation then counts as spent
 * and is reported separately.
 */
import { UserError } from '../errors.ts';
import { costOf, type Price, type Usage } from './prices.ts';

/** The limit: dollars, which need a price, or tokens, prompt and reply together. */
export type Limit = { readonly maxUsd: number } | { readonly maxTokens: number };

/** What has been spent. */
export interface Spent {
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Dollars; null without a price. */
  readonly usd: number | null;
  /** Part of the budget taken by lost replies, in the limit's unit: the endpoint may have charged that much. */
  readonly uncertain: number;
}

/** The next request might cost more than is left. */
export class SpendLimitReached extends UserError {
  override readonly name = 'SpendLimitReached';
}

/** What was set aside for one attempt: one of the three is to be called, once. */
export interface Reservation {
  /** It was answered and took this. */
  settle(usage: Usage): void;
  /** Nothing was sampled (refused, never sent): what was set aside is free again. */
  release(): void;
  /** The reply was lost: what was set aside counts as spent. */
  lose(): void;
}

export class Budget {
  readonly #limit: Limit | null;
  readonly #price: Price | null;
  /** In the limit's unit. */
  #used = 0;
  #reserved = 0;
  #inFlight = 0;
  #uncertain = 0;
  #usd = 0;
  #requests = 0;
  #promptTokens = 0;
  #completionTokens = 0;
  #waiting: (() => void)[] = [];

  /** @param price - needed for a limit in dollars */
  constructor(limit: Limit | null, price: Price | null) {
    if (limit !== null && 'maxUsd' in limit && price === null)
      throw new RangeError('a limit in dollars needs a price');
    this.#limit = limit;
    this.#price = price;
  }

  get spent(): Spent {
    return {
      requests: this.#requests,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      usd: this.#price === null ? null : this.#usd,
      uncertain: this.#uncertain,
    };
  }

  /**
   * Reserves the worst-case cost of a request.
   * @throws SpendLimitReached when it does not fit
   */
  async reserve(worst: Usage): Promise<Reservation> {
    const amount = this.#amount(worst);
    while (this.#limit !== null && this.#used + this.#reserved + amount > this.#most()) {
      if (this.#inFlight === 0 || this.#used + amount > this.#most()) throw this.#reached(amount);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#reserved += amount;
    this.#inFlight += 1;
    const close = (book: () => void) => () => {
      this.#inFlight -= 1;
      // Rounding must not leave a remainder of sums of dollars.
      this.#reserved = this.#inFlight === 0 ? 0 : this.#reserved - amount;
      book();
      this.#wake();
    };
    return {
      settle: (usage) => close(() => this.#book(usage))(),
      release: close(() => undefined),
      lose: close(() => {
        this.#used += amount;
        this.#uncertain += amount;
      }),
    };
  }

  #book(usage: Usage): void {
    this.#requests += 1;
    this.#promptTokens += usage.promptTokens;
    this.#completionTokens += usage.completionTokens;
    if (this.#price !== null) this.#usd += costOf(usage, this.#price);
    this.#used += this.#amount(usage);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Tokens or dollars, as the limit counts. */
  #amount(usage: Usage): number {
    if (this.#limit !== null && 'maxUsd' in this.#limit) return costOf(usage, this.#price!);
    return usage.promptTokens + usage.completionTokens;
  }

  #most(): number {
    const limit = this.#limit!;
    return 'maxUsd' in limit ? limit.maxUsd : limit.maxTokens;
  }

  #reached(amount: number): SpendLimitReached {
    const dollars = this.#limit !== null && 'maxUsd' in this.#limit;
    const show = (value: number) => (dollars ? `$${value.toFixed(4)}` : `${Math.round(value)} tokens`);
    const lost = this.#uncertain > 0 ? `, of that ${show(this.#uncertain)} for replies that were lost` : '';
    return new SpendLimitReached(
      `stopped at the spend limit of ${show(this.#most())}: ${show(this.#used)} spent in ${this.#requests} requests ` +
        `(${this.#promptTokens} prompt and ${this.#completionTokens} sampled tokens${lost}); the next request might cost ${show(amount)}`,
      'Raise the limit and give the same command again: it goes on where it stopped. Or allow shorter replies.',
    );
  }
}
