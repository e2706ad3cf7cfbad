/** @file Questions to a person at a terminal. */
import { createInterface } from 'node:readline';
import { UserError } from '../../errors.ts';
import { EXIT_INTERRUPTED } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';

/** Puts a question and gives what was typed, without the spaces around it. */
export type Ask = (question: string) => Promise<string>;

/** Asks on stderr and reads from stdin; `close` lets go of stdin. */
export function askAtTerminal({ stdin, stderr }: Io): Ask & { close(): void } {
  const terminal = createInterface({ input: stdin! });
  // Lines that were typed ahead wait for their questions.
  const lines = terminal[Symbol.asyncIterator]();
  const ask = async (question: string) => {
    stderr.write(question);
    const { value, done } = await lines.next();
    if (!done) return value.trim();
    throw new UserError('no answer', 'Nothing was written. Every question has an option: aha init --help.', {
      exitCode: EXIT_INTERRUPTED,
    });
  };
  return Object.assign(ask, { close: () => terminal.close() });
}

/**
 * Asks until the answer can be used, and says each time what is wrong with it.
 * @param fallback - taken where nothing is typed
 * @param read - throws UserError for an answer that cannot be used
 */
export async function askFor<Value>(
  { ask, say }: { readonly ask: Ask; say(text: string): unknown },
  question: string,
  fallback: string | null,
  read: (answer: string) => Promise<Value> | Value,
): Promise<Value> {
  for (;;) {
    const typed = await ask(fallback === null ? `${question}: ` : `${question} [${fallback}]: `);
    const answer = typed === '' ? fallback : typed;
    if (answer === null) continue;
    try {
      return await read(answer);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      say(`${error.message}\n`);
    }
  }
}
