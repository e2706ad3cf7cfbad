/** @file Error of the readers of answers. */

/** The answer is not in the language read here. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
}
