/** @file Access control: API keys, their file and their limits. */
export { createAccess } from './access.ts';
export { findKey, hashKey, newKey } from './key.ts';
export { environmentKey, KEY_VARIABLE, type KeySource, openKeysFile, withKey } from './key-source.ts';
export { changeKeysFile, keyNameSchema, readKeysFile, type StoredKey, toEntry } from './keys-file.ts';
export { type KeyLimits, NO_LIMITS } from './limiter.ts';
export { isLocalHostHeader, isLoopback } from './loopback.ts';
export { TokenBucket } from './token-bucket.ts';
