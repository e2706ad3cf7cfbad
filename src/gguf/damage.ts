/** @file The error for a GGUF file that is cut short, altered or no GGUF file at all. */
import { UsageError } from '../errors.ts';

/**
 * @param path - the file
 * @param what - what is wrong and where
 */
export function damaged(path: string, what: string): UsageError {
  return new UsageError(`${path}: ${what}`, 'The file is truncated or altered: fetch or write it again.');
}

/** A file that is whole and asks for what is not supported. */
export function unsupported(path: string, what: string, remedy: string): UsageError {
  return new UsageError(`${path}: ${what}`, remedy);
}
