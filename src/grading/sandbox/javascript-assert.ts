/**
 * @file node:assert inside the JavaScript sandbox, as text that QuickJS evaluates: an expression whose value is the
 * module. Its comparisons are those of Node 20; its messages are shorter.
 */
export const ASSERT = `(() => {
class AssertionError extends Error {
  constructor({ message, actual, expected, operator } = {}) {
    super(message ?? operator ?? 'failed');
    Object.assign(this, { generatedMessage: message === undefined, code: 'ERR_ASSERTION', actual, expected, operator });
  }
  get name() { return 'AssertionError'; }
}
const fail = (message, otherwise, actual, expected) => {
  if (message instanceof Error) throw message;
  throw new AssertionError({ message: message ?? otherwise, actual, expected, operator: otherwise });
};

const isObject = (value) => value !== null && typeof value === 'object';
const hasOwn = (value, key) => Object.prototype.hasOwnProperty.call(value, key);
const sameNumber = (a, b, strict) => (strict ? Object.is(a, b) : a === b || (a !== a && b !== b));
const BOXES = [Number, String, Boolean, BigInt, Symbol];
const SAME_KIND = [Array, Date, RegExp, Error, Map, Set, ArrayBuffer, ...BOXES];

/** Own enumerable keys: of arrays and typed arrays those that are no index, symbols only where strict. */
const keysOf = (value, strict) => {
  const indexed = Array.isArray(value) || ArrayBuffer.isView(value);
  const keys = Object.keys(value).filter((key) => !indexed || String(key >>> 0) !== key);
  if (!strict) return keys;
  const isEnumerable = (key) => Object.prototype.propertyIsEnumerable.call(value, key);
  return [...keys, ...Object.getOwnPropertySymbols(value).filter(isEnumerable)];
};

/** Whether two values are deeply equal; seen holds the pairs being compared, for values that contain themselves. */
const same = (a, b, strict, seen = new Map()) => {
  if (a === b) return !strict || Object.is(a, b);
  if (!isObject(a) || !isObject(b)) {
    if (isObject(a) || isObject(b)) return false;
    return strict ? Object.is(a, b) : typeof a !== 'function' && (a == b || (a !== a && b !== b));
  }
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const tag = Object.prototype.toString;
  if (tag.call(a) !== tag.call(b) || SAME_KIND.some((kind) => a instanceof kind !== b instanceof kind)) return false;
  if (!sameInside(a, b, strict)) return false;
  if (seen.has(a)) return seen.get(a) === b;
  seen.set(a, b);
  const equal = sameKeys(a, b, strict, seen) && sameItems(a, b, strict, seen);
  seen.delete(a);
  return equal;
};

/** What an object holds beside its keys. */
const sameInside = (a, b, strict) => {
  if (a instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof RegExp) return String(a) === String(b) && a.lastIndex === b.lastIndex;
  if (a instanceof Error) return a.message === b.message && a.name === b.name;
  if (a instanceof ArrayBuffer) return sameInside(new Uint8Array(a), new Uint8Array(b), true);
  if (ArrayBuffer.isView(a))
    return a.length === b.length && Array.prototype.every.call(a, (x, i) => (strict ? Object.is(x, b[i]) : x === b[i]));
  if (BOXES.some((kind) => a instanceof kind)) return Object.is(a.valueOf(), b.valueOf());
  if (Array.isArray(a)) return a.length === b.length;
  return !(a instanceof Map || a instanceof Set) || a.size === b.size;
};

const sameKeys = (a, b, strict, seen) => {
  const keys = keysOf(a, strict);
  if (keys.length !== keysOf(b, strict).length) return false;
  return keys.every((key) => hasOwn(b, key) && same(a[key], b[key], strict, seen));
};

const sameItems = (a, b, strict, seen) => {
  if (Array.isArray(a)) {
    for (let i = 0; i < a.length; i++)
      if (hasOwn(a, i) !== hasOwn(b, i) || !same(a[i], b[i], strict, seen)) return false;
  }
  if (a instanceof Error)
    return ['cause', 'errors'].every((key) => hasOwn(a, key) === hasOwn(b, key) && same(a[key], b[key], strict, seen));
  if (a instanceof Set || a instanceof Map) return sameMembers(a, b, strict, seen);
  return true;
};
/** Members of two sets, or entries of two maps, in any order: what both hold is found at once, the rest by trying. */
const sameMembers = (a, b, strict, seen) => {
  const isMap = a instanceof Map;
  const shared = (key) => !isObject(key) && a.has(key) && b.has(key);
  const left = [...b.keys()].filter((key) => !shared(key));
  for (const key of a.keys()) {
    if (shared(key)) {
      if (isMap && !same(a.get(key), b.get(key), strict, seen)) return false;
      continue;
    }
    const equal = (other) => same(key, other, strict, seen) && (!isMap || same(a.get(key), b.get(other), strict, seen));
    const at = left.findIndex(equal);
    if (at === -1) return false;
    left.splice(at, 1);
  }
  return true;
};

/** Checks what was thrown against the second argument of throws and rejects. */
const check = (error, expected, message) => {
  const wrong = () => fail(message, 'another error was thrown: ' + String(error?.message ?? error), error, expected);
  if (expected === undefined || typeof expected === 'string') return;
  if (expected instanceof RegExp) return expected.test(String(error)) || wrong();
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && error instanceof expected) return;
    if (Error.isPrototypeOf(expected) || expected.call({}, error) !== true) wrong();
    return;
  }
  if (!isObject(expected)) throw new TypeError('the expected error is no function, pattern or object');
  const keys = [...Object.keys(expected), ...(expected instanceof Error ? ['name', 'message'] : [])];
  if (keys.length === 0) throw new TypeError('the expected error has no properties');
  for (const key of keys) {
    const [given, wanted] = [error?.[key], expected[key]];
    if (typeof given === 'string' && wanted instanceof RegExp && wanted.test(given)) continue;
    if (!isObject(error) || !(key in error) || !same(given, wanted, true)) wrong();
  }
};
const textOf = (expected, message) => (typeof expected === 'string' ? expected : message);
const requireFunction = (run) => {
  if (typeof run !== 'function') throw new TypeError('the first argument is no function');
};
/** The promise that rejects and doesNotReject are given, or that their function makes. */
const promised = (input) => new Promise((done, refuse) => {
  const promise = typeof input === 'function' ? input() : input;
  if (typeof promise?.then !== 'function') throw new TypeError('there is no promise');
  promise.then((value) => done({ value }), (error) => done({ error }));
});
const matches = (text, pattern, message, wanted) => {
  if (!(pattern instanceof RegExp)) throw new TypeError('the second argument is no pattern');
  if (typeof text !== 'string' || pattern.test(text) !== wanted) fail(message, wanted ? 'no match' : 'a match', text, pattern);
};

const methods = {
  AssertionError,
  ok: (value, message) => { if (!value) fail(message, 'not true', value, true); },
  equal: (a, b, message) => { if (!(a == b || (a !== a && b !== b))) fail(message, 'not equal', a, b); },
  notEqual: (a, b, message) => { if (a == b || (a !== a && b !== b)) fail(message, 'equal', a, b); },
  strictEqual: (a, b, message) => { if (!Object.is(a, b)) fail(message, 'not equal', a, b); },
  notStrictEqual: (a, b, message) => { if (Object.is(a, b)) fail(message, 'equal', a, b); },
  deepEqual: (a, b, message) => { if (!same(a, b, false)) fail(message, 'not equal', a, b); },
  notDeepEqual: (a, b, message) => { if (same(a, b, false)) fail(message, 'equal', a, b); },
  deepStrictEqual: (a, b, message) => { if (!same(a, b, true)) fail(message, 'not equal', a, b); },
  notDeepStrictEqual: (a, b, message) => { if (same(a, b, true)) fail(message, 'equal', a, b); },
  match: (text, pattern, message) => matches(text, pattern, message, true),
  doesNotMatch: (text, pattern, message) => matches(text, pattern, message, false),
  ifError: (value) => { if (value !== null && value !== undefined) fail(value, 'an error was given: ' + String(value)); },
  fail: (message) => fail(message, 'failed'),
  throws: (run, expected, message) => {
    requireFunction(run);
    try { run(); } catch (error) { return check(error, expected, message); }
    fail(textOf(expected, message), 'nothing thrown');
  },
  doesNotThrow: (run, expected, message) => {
    requireFunction(run);
    try { run(); } catch (error) { fail(textOf(expected, message), 'an error was thrown: ' + String(error?.message)); }
  },
  rejects: (input, expected, message) => promised(input).then((end) => {
    if ('error' in end) return check(end.error, expected, message);
    fail(textOf(expected, message), 'nothing rejected');
  }),
  doesNotReject: (input, expected, message) => promised(input).then((end) => {
    if ('error' in end) fail(textOf(expected, message), 'rejected: ' + String(end.error?.message));
  }),
};
const assert = Object.assign((value, message) => methods.ok(value, message), methods);
const { strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual } = methods;
assert.strict = Object.assign((value, message) => methods.ok(value, message), methods, {
  equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual,
});
assert.strict.strict = assert.strict;
return assert;
})()`;
