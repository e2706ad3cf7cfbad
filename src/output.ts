/** @file Output streams: what the program needs of one, and whether and how it is coloured. */
import { styleText } from 'node:util';

/** An output stream, as a terminal or a pipe gives it. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Columns; read at each redraw, so that resizing works. */
  readonly columns?: number;
}

/** What this module needs of an output stream. */
export interface MaybeTerminal {
  readonly isTTY?: boolean;
}

/**
 * Colours are for terminals: FORCE_COLOR decides where it is set (`0` and `false` turn them off), then NO_COLOR
 * (any non-empty value turns them off), then `TERM=dumb`, then whether the stream is a terminal.
 */
export function hasColours(stream: MaybeTerminal, env: NodeJS.ProcessEnv = process.env): boolean {
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** A colour or weight by its meaning. */
export type Tone = 'good' | 'bad' | 'warning' | 'strong' | 'quiet';

const STYLES = { good: 'green', bad: 'red', warning: 'yellow', strong: 'bold', quiet: 'dim' } as const;

/** Colours a text. */
export type Paint = (tone: Tone, text: string) => string;

/** Paints when `colours`, else returns the text as it is. */
export function painter(colours: boolean): Paint {
  return (tone, text) => (colours ? styleText(STYLES[tone], text, { validateStream: false }) : text);
}
