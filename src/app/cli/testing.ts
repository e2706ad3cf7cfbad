/** @file Running a command line in a test and reading what it wrote. */
import { main } from './main.ts';

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `aha` with these arguments inside this process. */
export async function aha(...argv: string[]): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof texts) => ({
    write(text: string): void {
      texts[name] += text;
    },
  });
  const code = await main(argv, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...texts };
}
