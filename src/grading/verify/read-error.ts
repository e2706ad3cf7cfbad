/** @file What the readers of answers throw. */

/** The answer is not in the language read here. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
}
