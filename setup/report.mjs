/**
 * @file Shared parts of the set-up: where things lie, one line of output per action, errors that say
 * what to do, and running a command so that its failure shows the command and its own words.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Directory of this package. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Exit status when something is missing that the person has to provide. */
export const EXIT_MISSING = 2;

/** A failure whose message is complete: what is wrong and what to do. */
export class SetupError extends Error {
  /**
   * @param {string} what - what is wrong
   * @param {string} remedy - what to do, one or more lines
   * @param {number} [exitCode] - exit status of the set-up
   */
  constructor(what, remedy, exitCode = 1) {
    super(`${what}\n${remedy.replace(/^/gm, '  ')}`);
    this.name = 'SetupError';
    this.what = what;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** @type {{ write(text: string): unknown }} */
let told = process.stdout;

/** Prints the lines of `say` elsewhere. @param {{ write(text: string): unknown }} output */
export function sayOn(output) {
  told = output;
}

/** Prints one line about what is being done.
 * @param {string} line */
export function say(line) {
  told.write(`setup: ${line}\n`);
}

/**
 * @typedef {object} Outcome
 * @property {number} code - exit status; 127 when the program does not exist, 128 when a signal ended it
 * @property {string | null} signal - the signal that ended it
 * @property {boolean} timedOut - whether it was ended for taking too long
 * @property {string} stdout
 * @property {string} output - stdout and stderr in the order they came
 */

/**
 * Runs a program and collects what it prints; never throws for a failing program.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options] - `timeoutMs`: none unless given
 * @returns {Promise<Outcome>}
 */
export function capture(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let output = '';
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.on('data', (/** @type {Buffer} */ chunk) => {
      output += chunk;
    });
    child.on('error', (error) =>
      resolve({ code: 127, signal: null, timedOut: false, stdout, output: `${output}${error.message}\n` }),
    );
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 128, signal, timedOut: child.killed, stdout, output }),
    );
  });
}

/**
 * Runs a program that must succeed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, remedy: string, exitCode?: number }} options
 * @returns {Promise<string>} its standard output
 */
export async function must(program, args, options) {
  const outcome = await capture(program, args, options);
  if (outcome.code === 0) return outcome.stdout;
  const shown = [program, ...args].join(' ');
  throw new SetupError(
    `this command failed (exit status ${outcome.code}):\n  ${shown}\n${lastLines(outcome.output, 40)}`,
    options.remedy,
    options.exitCode,
  );
}

/** @param {string} text @param {number} count */
function lastLines(text, count) {
  const lines = text.trimEnd().split('\n');
  const kept = lines.slice(-count);
  if (kept.length < lines.length) kept.unshift(`… (${lines.length - kept.length} lines before these)`);
  return kept.join('\n');
}
