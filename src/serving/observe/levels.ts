/** @file The levels of the log; apart from it, so that a command's options can name them without loading it. */

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
