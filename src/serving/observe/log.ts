/**
 * @file The server's log: JSON lines for programs, short lines for people at a terminal.
 *
 * What may be logged is named field by field where it is logged; prompts, replies, headers and keys are never among it.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Output } from '../../output.ts';
import { hasColours, painter } from '../../output.ts';
import { humanLine, type LogRecord } from './human-lines.ts';
import type { LogLevel } from './levels.ts';
import { describeError } from './redact.ts';

export type { Logger } from 'pino';

const STDERR = 2;

/** Bytes kept for a reader that does not read; what comes then is dropped, and the server goes on. */
const MOST_BUFFERED = 8 * 1024 * 1024;

/** Opens the log on a stream; short lines where it is a terminal, else, or with `json`, JSON. */
export function createLog(output: Output, level: LogLevel, json = false): Logger {
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    // Pino's own would write every field that hangs on an error.
    serializers: { err: (value: unknown) => (value instanceof Error ? describeError(value) : value) },
  };
  return pino(options, output.isTTY === true && !json ? humanStream(output) : jsonStream(output));
}

function humanStream(output: Output): DestinationStream {
  const paint = painter(hasColours(output));
  return { write: (line) => void output.write(humanLine(JSON.parse(line) as LogRecord, paint)) };
}

/** Writing to a pipe through process.stderr would stop the whole process while nobody reads. */
function jsonStream(output: Output): DestinationStream {
  if (output !== process.stderr) return { write: (line) => void output.write(line) };
  return destination({ dest: STDERR, sync: false, maxLength: MOST_BUFFERED });
}
