/** @file Fingerprint of a checkpoint: tells its weights from others without reading all of them. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { isGguf } from '../gguf/index.ts';
import { currentDigest, isComplete } from './artifact.ts';

/** Of a model, and of a LoRA adapter. */
const CONFIGS = ['config.json', 'adapter_config.json'] as const;
/** Bytes at either end of a file of weights that are read: all of it would take minutes for a large model. */
const ENDS = 1 << 20;

/**
 * Sixteen hexadecimal digits: of the artifact's digest, or for another checkpoint folder a hash of its configuration and
 * of the name, size and both ends of each file of weights. Of a GGUF file, size and both ends.
 */
export function modelFingerprint(dir: string): string {
  if (isComplete(dir)) return currentDigest(dir).slice(0, 16);
  const hash = createHash('sha256');
  if (isGguf(dir)) return hash.update(endsOf(dir)).digest('hex').slice(0, 16);
  for (const name of CONFIGS) {
    const file = path.join(dir, name);
    if (existsSync(file)) hash.update(readFileSync(file));
  }
  for (const name of readdirSync(dir).sort()) {
    if (name.endsWith('.safetensors')) hash.update(name).update(endsOf(path.join(dir, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

function endsOf(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const length = Math.min(ENDS, size);
    const ends = [0, size - length].map((at) => {
      const bytes = Buffer.alloc(length);
      readSync(handle, bytes, 0, length, at);
      return bytes;
    });
    return Buffer.concat([Buffer.from(`${size} `), ...ends]);
  } finally {
    closeSync(handle);
  }
}
