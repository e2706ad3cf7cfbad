/**
 * @file Globals of a JavaScript program in its sandbox, as text that QuickJS evaluates before it.
 *
 * The parts of Node that programs read input and print with, written in JavaScript inside the sandbox: they hold
 * nothing of the host but `write`, `exit` and the text of standard input. Timers fire in order without waiting.
 * The expression is a function (write, exit, input) → the entry points the host calls.
 */
export const GUEST = String.raw`(function (write, exit, input) {
'use strict';
const { parse, stringify } = JSON;
const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

const inspect = (value, depth = 0) => {
  if (typeof value === 'string') return depth === 0 ? value : "'" + value + "'";
  if (typeof value === 'bigint') return value + 'n';
  if (typeof value === 'function') return '[Function: ' + (value.name || '(anonymous)') + ']';
  if (Object.is(value, -0)) return '-0';
  if (value === null || typeof value !== 'object') return String(value);
  if (value instanceof Error) return String(value.stack ? value + '\n' + value.stack : value);
  if (depth > 3) return Array.isArray(value) ? '[Array]' : '[Object]';
  const show = (item) => inspect(item, depth + 1);
  const wrap = (open, items, close) => (items.length ? open + ' ' + items.join(', ') + ' ' + close : open + close);
  if (Array.isArray(value)) return wrap('[', value.map(show), ']');
  if (value instanceof Map)
    return wrap('Map(' + value.size + ') {', [...value].map(([k, v]) => show(k) + ' => ' + show(v)), '}');
  if (value instanceof Set) return wrap('Set(' + value.size + ') {', [...value].map(show), '}');
  return wrap('{', Object.keys(value).map((key) => key + ': ' + show(value[key])), '}');
};
const print = (...values) => write(values.map((value) => inspect(value)).join(' ') + '\n');
const quiet = () => {};
define('print', print);
define('console', {
  log: print, info: print, debug: print, dir: print, error: quiet, warn: quiet, trace: quiet, time: quiet,
  timeEnd: quiet, assert: quiet,
});

let timers = [];
let clock = 0;
let count = 0;
const later = (callback, delay, args, every) => {
  timers.push({ id: ++count, due: clock + Math.max(Number(delay) || 0, every ? 1 : 0), callback, args, every });
  return count;
};
const cancel = (id) => { timers = timers.filter((timer) => timer.id !== id); };
const fire = () => {
  if (timers.length === 0) return false;
  const next = timers.reduce((first, timer) => (timer.due < first.due ? timer : first));
  cancel(next.id);
  clock = next.due;
  if (next.every !== undefined)
    timers.push({ ...next, due: clock + Math.max(next.every, 1) });
  next.callback(...next.args);
  return true;
};
define('setTimeout', (callback, delay, ...args) => later(callback, delay, args));
define('setImmediate', (callback, ...args) => later(callback, 0, args));
define('setInterval', (callback, delay, ...args) => later(callback, delay, args, Number(delay) || 0));
for (const name of ['clearTimeout', 'clearImmediate', 'clearInterval']) define(name, cancel);
define('queueMicrotask', (callback) => { Promise.resolve().then(callback); });
define('performance', { now: () => Date.now() });
define('structuredClone', (value) => decode(parse(stringify(encode(value)))));

class Emitter {
  #listeners = {};
  on(name, listener) { (this.#listeners[name] ??= []).push(listener); this.attached?.(name); return this; }
  once(name, listener) { return this.on(name, listener); }
  addListener(name, listener) { return this.on(name, listener); }
  off() { return this; }
  removeListener() { return this; }
  emit(name, ...args) {
    for (const listener of this.#listeners[name] ?? []) listener.apply(this, args);
    return name in this.#listeners;
  }
}
define('EventEmitter', Emitter);

const lines = input.split(/\r?\n/);
if (lines.at(-1) === '') lines.pop();
let at = 0;
const nextLine = () => (at < lines.length ? lines[at++] : null);
define('readline', nextLine);

class Input extends Emitter {
  fd = 0;
  #started = false;
  #unread = input;
  attached(name) {
    if (this.#started || !['data', 'end', 'readable'].includes(name)) return;
    this.#started = true;
    later(() => {
      if (this.#unread !== '') this.emit('readable');
      if (this.#unread !== '') this.emit('data', this.read());
      this.emit('end');
      this.emit('close');
    }, 0, []);
  }
  read() { const text = this.#unread; this.#unread = ''; return text === '' ? null : text; }
  setEncoding() { return this; }
  resume() { return this; }
  pause() { return this; }
  async *[Symbol.asyncIterator]() { const text = this.read(); if (text !== null) yield text; }
}
class Lines extends Emitter {
  #started = false;
  #closed = false;
  #asked = [];
  #start() {
    if (this.#started) return;
    this.#started = true;
    later(() => this.#step(), 0, []);
  }
  #step() {
    if (this.#closed) return;
    const line = nextLine();
    if (line === null) return this.close();
    const answer = this.#asked.shift();
    if (answer) answer(line);
    else this.emit('line', line);
    later(() => this.#step(), 0, []);
  }
  attached(name) { if (name === 'line' || name === 'close') this.#start(); }
  question(query, callback) { write(String(query)); this.#asked.push(callback); this.#start(); }
  prompt() { this.#start(); }
  setPrompt() {}
  pause() { return this; }
  resume() { return this; }
  close() { if (!this.#closed) { this.#closed = true; this.emit('close'); } }
  async *[Symbol.asyncIterator]() { for (let line = nextLine(); line !== null; line = nextLine()) yield line; }
}

const process = {
  argv: ['node', 'solution.js'], env: {}, version: 'v20.0.0', platform: 'sandbox', exitCode: undefined,
  stdin: new Input(),
  stdout: { write: (text) => { write(String(text)); return true; }, isTTY: false },
  stderr: { write: () => true },
  exit: (code) => exit(Number(code ?? process.exitCode ?? 0)),
  nextTick: (callback, ...args) => { Promise.resolve().then(() => callback(...args)); },
  hrtime: Object.assign(() => [0, 0], { bigint: () => BigInt(Date.now()) * 1000000n }),
  uptime: () => clock / 1000, cwd: () => '/', on: () => process, once: () => process, memoryUsage: () => ({ heapUsed: 0 }),
};
define('process', process);

const isInput = (path) => path === 0 || path === '/dev/stdin' || path === process.stdin.fd;
const isOutput = (path) => path === 1 || path === '/dev/stdout';
const noFile = (path) => {
  throw Object.assign(new Error("ENOENT: no such file or directory, open '" + path + "'"), { code: 'ENOENT' });
};
const fail = (message, otherwise) => {
  if (message instanceof Error) throw message;
  throw Object.assign(new Error(message ?? otherwise), { name: 'AssertionError' });
};
const same = (a, b) => stringify(encode(a)) === stringify(encode(b));
const assert = Object.assign((value, message) => { if (!value) fail(message, 'not true'); }, {
  ok: (value, message) => { if (!value) fail(message, 'not true'); },
  equal: (a, b, message) => { if (!(a == b || (a !== a && b !== b))) fail(message, 'not equal'); },
  notEqual: (a, b, message) => { if (a == b) fail(message, 'equal'); },
  strictEqual: (a, b, message) => { if (!Object.is(a, b)) fail(message, 'not equal'); },
  notStrictEqual: (a, b, message) => { if (Object.is(a, b)) fail(message, 'equal'); },
  deepEqual: (a, b, message) => { if (!same(a, b)) fail(message, 'not equal'); },
  deepStrictEqual: (a, b, message) => { if (!same(a, b)) fail(message, 'not equal'); },
  notDeepStrictEqual: (a, b, message) => { if (same(a, b)) fail(message, 'equal'); },
  throws: (run, message) => {
    try { run(); } catch { return; }
    fail(typeof message === 'string' ? message : undefined, 'nothing thrown');
  },
  fail: (message) => fail(message, 'failed'),
});
assert.strict = assert;
define('assert', assert);

const modules = {
  process, assert, 'assert/strict': assert, os: { EOL: '\n' }, util: { inspect: (value) => inspect(value, 1) },
  events: Object.assign(Emitter, { EventEmitter: Emitter }),
  perf_hooks: { performance: globalThis.performance },
  readline: { createInterface: () => new Lines() },
  fs: {
    readFileSync: (path) => (isInput(path) ? input : noFile(path)),
    writeFileSync: (path, text) => (isOutput(path) ? write(String(text)) : noFile(path)),
    writeSync: (path, text) => (isOutput(path) ? write(String(text)) : noFile(path)),
    existsSync: (path) => isInput(path),
  },
};
define('require', (name) => {
  const known = String(name).replace(/^node:/, '');
  if (!Object.hasOwn(modules, known))
    throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
  return modules[known];
});
define('module', { exports: {} });
define('exports', globalThis.module.exports);

const encode = (value) => {
  if (value === undefined) return ['u'];
  if (typeof value === 'bigint') return ['b', String(value)];
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : ['n', inspect(value)];
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') throw new TypeError('a ' + typeof value + ' cannot leave the sandbox');
  if (Array.isArray(value)) return ['l', Array.from(value, encode)];
  if (ArrayBuffer.isView(value)) return ['l', Array.from(value, encode)];
  if (value instanceof Map) return ['m', [...value].map(([k, v]) => [encode(k), encode(v)])];
  if (value instanceof Set) return ['s', [...value].map(encode)];
  return ['o', Object.keys(value).sort().map((key) => [key, encode(value[key])])];
};
const decode = (value) => {
  if (!Array.isArray(value)) return value;
  const [tag, content] = value;
  if (tag === 'u') return undefined;
  if (tag === 'b') return BigInt(content);
  if (tag === 'n') return Number(content);
  if (tag === 'l') return content.map(decode);
  if (tag === 'm') return new Map(content.map(([k, v]) => [decode(k), decode(v)]));
  if (tag === 's') return new Set(content.map(decode));
  const object = {};
  for (const [key, item] of content)
    Object.defineProperty(object, key, { value: decode(item), writable: true, enumerable: true, configurable: true });
  return object;
};
const plain = (value) => {
  if (value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) };
  if (typeof value === 'bigint')
    return value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : { $number: String(value) };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value, plain);
  if (typeof value !== 'object' || value instanceof Map || value instanceof Set)
    throw new TypeError('the returned value is no JSON value');
  return Object.fromEntries(Object.keys(value).map((key) => [key, plain(value[key])]));
};

const evaluate = (0, eval);
const find = (path) => {
  const [first, second] = path.split('.');
  const held = evaluate('typeof ' + first + ' === "undefined" ? module.exports[' + stringify(first) + '] : ' + first);
  if (second !== undefined) return ((owner) => owner[second].bind(owner))(new held());
  if (typeof held === 'function') return held;
  const Solution = evaluate('typeof Solution === "function" ? Solution : undefined');
  const owner = Solution && new Solution();
  if (typeof owner?.[first] === 'function') return owner[first].bind(owner);
  throw new ReferenceError('the program does not define a function ' + path);
};

let result;
const settle = (value) => { result = { value }; };
const reject = (error) => { result = { error }; };
const describe = (error) => {
  try {
    const line = /solution\.js:(\d+)/.exec(String(error?.stack ?? ''))?.[1];
    const isError = error !== null && typeof error === 'object' && 'message' in error;
    return stringify({
      type: String(isError ? error.name : 'thrown').slice(0, 80),
      message: String(isError ? error.message : inspect(error)).slice(0, 600),
      line: line === undefined ? null : Number(line),
    });
  } catch {
    return '{"type":"Error","message":"a value that cannot be shown","line":null}';
  }
};
return {
  fire,
  describe,
  /** Calls a function of the program with arguments in plain ("call") or tagged ("serve") JSON. */
  begin: (path, args, tagged) => {
    result = undefined;
    const list = tagged ? decode(parse(args)) : parse(args);
    const value = find(path)(...list);
    if (typeof value?.then === 'function') value.then(settle, reject);
    else settle(value);
  },
  /** What the call came to, as JSON. */
  finish: (tagged) => {
    if (result === undefined) throw new Error('the returned promise was never settled');
    if ('error' in result) throw result.error;
    return stringify(tagged ? encode(result.value) : plain(result.value));
  },
  isFunction: (name) => {
    try { return typeof find(name) === 'function'; } catch { return false; }
  },
  /** Makes a function of another sandbox callable here: ask(name, arguments) → {value} or {error}, tagged JSON. */
  connect: (name, ask) => {
    if (name in globalThis) return;
    define(name, (...args) => {
      const reply = parse(ask(name, stringify(encode(args))));
      if (reply.error) throw Object.assign(new Error(reply.error.message), { name: reply.error.type });
      return decode(reply.value);
    });
  },
};
})`;
