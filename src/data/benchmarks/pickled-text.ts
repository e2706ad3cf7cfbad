/**
 * @file The text inside a Python pickle that holds one string and nothing else, read without executing anything.
 *
 * A pickle is a program for Python's unpickler; only the operations that spell a string are read here, any other is an
 * error. Protocols 2 to 5.
 */

const OP = {
  proto: 0x80,
  frame: 0x95,
  shortText: 0x8c,
  text: 0x58,
  longText: 0x8d,
  memoize: 0x94,
  put: 0x71,
  longPut: 0x72,
  stop: 0x2e,
} as const;

/** Bytes of the argument of operations that change nothing here. */
const SKIPPED: { readonly [op: number]: number } = {
  [OP.proto]: 1,
  [OP.frame]: 8,
  [OP.memoize]: 0,
  [OP.put]: 1,
  [OP.longPut]: 4,
};

/** Throws RangeError for a pickle that is not one string, and for a damaged one. */
export function pickledText(pickle: Buffer): string {
  let text: string | null = null;
  for (let at = 0; at < pickle.length; ) {
    const op = pickle[at]!;
    at += 1;
    if (op === OP.stop && text !== null) return text;
    const skipped = SKIPPED[op];
    if (skipped !== undefined) {
      at += skipped;
      continue;
    }
    if (text !== null) break;
    const [start, length] = textSpan(pickle, op, at);
    if (start + length > pickle.length) break;
    text = pickle.toString('utf8', start, start + length);
    at = start + length;
  }
  throw new RangeError('the pickle does not hold one text');
}

/** Where the characters of a text operation begin, and how many bytes they take. */
function textSpan(pickle: Buffer, op: number, at: number): [start: number, length: number] {
  if (op === OP.shortText) return [at + 1, pickle.readUInt8(at)];
  if (op === OP.text) return [at + 4, pickle.readUInt32LE(at)];
  if (op === OP.longText) return [at + 8, Number(pickle.readBigUInt64LE(at))];
  throw new RangeError(`operation 0x${op.toString(16)} in a pickle that should hold one text`);
}
