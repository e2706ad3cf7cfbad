/**
 * @file TensorBoard event files: TFRecords of `Event` protobufs with scalar summaries.
 *
 * A record is its length (uint64, little-endian), that length's masked CRC32C (uint32), the bytes, and their masked
 * CRC32C. Only what scalars need is written: wall_time, step, file_version, and summary.value {tag, simple_value}.
 */
import { mkdirSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { atPath } from '../errors.ts';
import type { StepReport } from '../records.ts';

/** CRC32C (Castagnoli), reflected. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC32C of the bytes, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** TFRecord's masking, which keeps the CRC of data that holds CRCs from being weak. */
function maskedCrc(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** One TFRecord around the bytes. */
export function tfRecord(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, maskedCrc(length), bytes, maskedCrc(bytes)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A length-delimited protobuf field; `field` is below 16. */
function delimited(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(bytes.length), bytes]);
}

function wallTime(seconds: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = (1 << 3) | 1;
  bytes.writeDoubleLE(seconds, 1);
  return bytes;
}

function scalar(tag: string, value: number): Buffer {
  const simple = Buffer.alloc(5);
  simple[0] = (2 << 3) | 5;
  simple.writeFloatLE(value, 1);
  return delimited(1, Buffer.concat([delimited(1, Buffer.from(tag)), simple]));
}

/** The first event of a file. @param seconds - wall time since 1970 */
export function versionEvent(seconds: number): Buffer {
  return Buffer.concat([wallTime(seconds), delimited(3, Buffer.from('brain.Event:2'))]);
}

/** All metrics of a step as one event; `step` becomes the event's own. @param seconds - wall time since 1970 */
export function scalarsEvent({ step, ...metrics }: StepReport, seconds: number): Buffer {
  const values = Object.entries(metrics).map(([tag, value]) => scalar(tag, value));
  return Buffer.concat([
    wallTime(seconds),
    Buffer.from([2 << 3]),
    varint(step),
    delimited(5, Buffer.concat(values)),
  ]);
}

/** One event file, begun with its first step. */
export class EventFile {
  readonly #dir: string;
  #path: string | undefined;

  /** @param dir - made when the first step is written */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Appends one step. @param seconds - wall time since 1970 */
  async append(report: StepReport, seconds: number = Date.now() / 1000): Promise<void> {
    const records = [tfRecord(scalarsEvent(report, seconds))];
    if (this.#path === undefined) {
      mkdirSync(this.#dir, { recursive: true });
      this.#path = join(this.#dir, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}`);
      records.unshift(tfRecord(versionEvent(seconds)));
    }
    await appendFile(this.#path, Buffer.concat(records)).catch((error: unknown) => {
      throw atPath(error, this.#path!);
    });
  }
}
