/** @file Log records as short lines for a terminal: time, level, what happened, then what else is known. */
import type { Paint, Tone } from '../../output.ts';

/** A record of the log, as it stands in its JSON line. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const TONES: { readonly [level: string]: Tone } = {
  fatal: 'bad',
  error: 'bad',
  warn: 'warning',
  debug: 'quiet',
  trace: 'quiet',
};

/** Letters of the longest level that is common. */
const LEVEL_WIDTH = 5;

/** One record as text, with its line break. Errors bring their stack along. */
export function humanLine({ time, level, msg, err, ...fields }: LogRecord, paint: Paint): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  const name = level.padEnd(LEVEL_WIDTH);
  const known = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined && value !== false)
    .map(([field, value]) => `${field}=${visible(String(value))}`);
  const rest = known.length === 0 ? '' : `  ${paint('quiet', known.join(' '))}`;
  const tone = TONES[level];
  const head = `${paint('quiet', clock)} ${tone ? paint(tone, name) : name} ${visible(msg)}${rest}\n`;
  return head + errorLines(err, '  ');
}

function errorLines(err: unknown, indent: string): string {
  if (typeof err !== 'object' || err === null) return '';
  const { type, message, stack, cause } = err as { [field: string]: unknown };
  const frames = typeof stack === 'string' ? `${stack}\n` : '';
  const head = `${indent}${String(type)}: ${visible(String(message))}\n`;
  return head + frames + (cause === undefined ? '' : errorLines(cause, `${indent}caused by `));
}

/** Line breaks and other control characters made visible: what others sent cannot forge a line or steer a terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return character === '\n' ? ' ⏎ ' : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}
