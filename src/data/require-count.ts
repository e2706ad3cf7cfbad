/** @file Refusal of more examples than a file has. */
import { UsageError } from '../errors.ts';

/**
 * @param setting - where the count is set: stage and setting where they are known
 * @throws UsageError where `count` of the `there` are asked for, and there are fewer
 */
export function requireCount(
  file: string,
  count: number | undefined,
  there: number,
  things: string,
  setting = 'count',
): void {
  if (count === undefined || count <= there) return;
  throw new UsageError(
    `${setting}: ${count} ${things} asked for, but ${file} has ${there}`,
    'Ask for fewer, or leave the count out to use all.',
  );
}
