/** @file The server's log and metrics. */
export { LOG_LEVELS, type LogLevel } from './levels.ts';
export { createLog, type Logger } from './log.ts';
export { createObserver } from './observer.ts';
export { redact } from './redact.ts';
