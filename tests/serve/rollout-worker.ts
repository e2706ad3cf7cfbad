/** @file An `aha serve` that samples for a trainer, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));

export interface Worker {
  readonly url: string;
  readonly port: number;
  /** As the kernel's out-of-memory killer would. */
  kill(): Promise<void>;
}

/**
 * Serves a checkpoint, in float32 with one thread.
 * @param weightsDir - where its new weights come from
 * @param port - 0 takes a free one
 * @param inside - a command that the server is started by, such as `ip netns exec name`
 */
export async function startWorker(
  checkpoint: string,
  weightsDir: string,
  { port = 0, host = '127.0.0.1', inside = [], env = {} }: WorkerOptions = {},
): Promise<Worker> {
  const options = [
    '--update-weights-from',
    weightsDir,
    '--precision',
    'fp32',
    '--device',
    'cpu',
    '--threads',
    '1',
  ];
  const where = ['--host', host, '--port', String(port), '--no-page', '--json', '--log-level', 'error'];
  const [program, ...args] = [
    ...inside,
    process.execPath,
    '--import',
    'tsx',
    ENTRY,
    'serve',
    checkpoint,
    ...options,
    ...where,
  ];
  const child = spawn(program!, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const url = await firstUrl(child);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url,
    port: Number(new URL(url).port),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

export interface WorkerOptions {
  readonly port?: number;
  readonly host?: string;
  readonly inside?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** The address in the line that the server prints when it is ready. */
function firstUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((one) => one.includes('"url"'));
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
    child.once('exit', (code) =>
      reject(new Error(`aha serve ended with status ${code} before it was ready`)),
    );
  });
}
