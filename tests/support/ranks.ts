/** @file Runs a program in several processes that are ranks of one another, and gives what each of them made. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deserialize } from 'node:v8';

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  /** What it wrote to either output. */
  readonly output: string;
}

/** Starts `size` ranks of a TypeScript program; `onOutput` is told of what each writes so far. */
export async function startRanks(
  size: number,
  args: readonly string[],
  onOutput: (rank: number, output: string, pid: number) => void = () => undefined,
): Promise<Ended[]> {
  const port = await freePort();
  const start = (rank: number) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      env: {
        ...process.env,
        AHA_THREADS: '1',
        RANK: String(rank),
        LOCAL_RANK: String(rank),
        WORLD_SIZE: String(size),
        LOCAL_WORLD_SIZE: String(size),
        MASTER_ADDR: '127.0.0.1',
        MASTER_PORT: String(port),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const hear = (data: Buffer): void => {
      output += data.toString();
      onOutput(rank, output, child.pid!);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    return new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, output })));
  };
  return Promise.all(Array.from({ length: size }, (_, rank) => start(rank)));
}

/**
 * What each rank's process wrote, v8-serialised, into the file named by its last argument.
 * @param program - a TypeScript file
 */
export async function resultsOfRanks<T>(
  size: number,
  program: string,
  args: readonly string[],
): Promise<T[]> {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-ranks-'));
  const ended = await startRanks(size, [program, ...args, dir]);
  for (const { code, output } of ended)
    if (code !== 0) throw new Error(`a rank ended with ${code}: ${output}`);
  return ended.map((_, rank) => deserialize(readFileSync(path.join(dir, `rank-${rank}`))) as T);
}
