/** @file The server's log and metrics. */
export { LOG_LEVELS, type LogLevel } from './levels.ts';
export { createLog, type Logger } from './log.ts';
export { createObserver, type ObserverOptions } from './observer.ts';
export { describeError, type LoggedError, redact } from './redact.ts';
