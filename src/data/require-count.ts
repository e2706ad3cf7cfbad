/** @file Refusal of more examples than a file has. */
import { UserError } from '../errors.ts';

/** @throws UserError where `count` of the `there` are asked for, and there are fewer */
export function requireCount(file: string, count: number | undefined, there: number, things: string): void {
  if (count === undefined || count <= there) return;
  throw new UserError(
    `${file}: count ${count}, but there are ${there} ${things}`,
    'Ask for fewer, or leave the count out to use all.',
  );
}
