/** The Python that has OpenAI's client: this machine's where it does, else one that the long tests install. */
import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonPackages } from '../../support/installed.ts';
import { requirement } from '../../support/requirement.ts';

const CANDIDATE = process.env.AHA_TEST_PYTHON ?? 'python3';

const isThere = spawnSync(CANDIDATE, ['-c', 'import openai'], { stdio: 'ignore' }).status === 0;
const installed = isThere ? null : await pythonPackages({ openai: '3.57.0' });
const INTERPRETER = installed === null ? CANDIDATE : installed.python;

/** A Python with the package openai. */
export const PYTHON = requirement(
  installed?.missing === true
    ? `${CANDIDATE} has no package openai; AHA_TEST_PYTHON names another Python, and npm run test:long installs it`
    : null,
);

/**
 * Runs a program, named from this directory, and gives what it prints.
 * @param interpreter - another Python than the one with OpenAI's client
 */
export async function python(
  program: string,
  env: { readonly [name: string]: string },
  interpreter: string = INTERPRETER,
): Promise<string> {
  const { stdout } = await promisify(execFile)(interpreter, [path.resolve(import.meta.dirname, program)], {
    // Nothing else of this environment's, which may name proxies and keys.
    env: { PATH: process.env.PATH, ...env },
    timeout: 50_000,
  });
  return stdout;
}

/** The same for a program that prints JSON. */
export async function pythonJson<T>(
  program: string,
  env: { readonly [name: string]: string },
  interpreter?: string,
): Promise<T> {
  return JSON.parse(await python(program, env, interpreter)) as T;
}
