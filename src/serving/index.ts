/**
 * @file Serving as a library: the models' side (`startBackend`), the HTTP side (`createApp`, `startServer`), keys and logs.
 * `aha serve` is these put together, see src/app/commands/serve.ts.
 */
export { createAccess, environmentKey, openKeysFile } from './access/index.ts';
export type { Backend, ModelInfo } from './backend.ts';
export * from './backend.ts';
export type { Access, Admission } from './http/access.ts';
export { type AppOptions, createApp } from './http/app.ts';
export { ERAS, type Era } from './http/eras.ts';
export type { Observer } from './http/observer.ts';
export { createLog, createObserver } from './observe/index.ts';
export { MODEL_DEFAULTS, type ModelOptions, type OnEvent, startBackend } from './process/index.ts';
export { type RunningServer, startServer } from './server.ts';
