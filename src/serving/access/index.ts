/** @file Who may send requests, and how many: API keys, their file and their limits. */
export { type AccessOptions, createAccess, FAILURES_PER_MINUTE } from './access.ts';
export { findKey, hashKey, KEY_PREFIX, type KeyEntry, newKey } from './key.ts';
export {
  environmentKey,
  KEY_VARIABLE,
  type KeySource,
  type KeySourceOptions,
  openKeysFile,
  withKey,
} from './key-source.ts';
export {
  changeKeysFile,
  type KeysFile,
  keyNameSchema,
  readKeysFile,
  type StoredKey,
  toEntry,
} from './keys-file.ts';
export { KeyLimiter, type KeyLimits, NO_LIMITS, type Refusal } from './limiter.ts';
export { isLocalHostHeader, isLoopback } from './loopback.ts';
export { TokenBucket } from './token-bucket.ts';
