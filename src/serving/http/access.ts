/** @file Interface of access control: what the HTTP side asks of keys and limits. src/serving/access implements it. */

/** Admits requests. */
export interface Access {
  /**
   * Called once for each request to a route that needs a key.
   * @param authorization - the header of that name
   * @throws ApiError 401 (no key or a wrong one), 429 (that key's limit is reached)
   */
  admit(authorization: string | undefined): Admission;
  /** Whether a key is needed at all. */
  readonly required: boolean;
}

/** A request that was let in. */
export interface Admission {
  /** The key's name for logs and metrics, never the key. */
  readonly key: string;
  /** Called once when the request has ended, with the tokens of its prompt and its replies. */
  settle(tokens: number): void;
}
