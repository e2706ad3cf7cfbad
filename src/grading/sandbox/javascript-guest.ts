/**
 * @file Globals of a JavaScript program in its sandbox, as text that QuickJS evaluates before it.
 *
 * The parts of Node that programs read input and print with, written in JavaScript inside the sandbox: they hold
 * nothing of the host but `write`, `exit`, `note` and the text of standard input. Timers fire in order without waiting.
 * The expression is a function (write, exit, note, input, testing) → the entry points the host calls. `note` takes a
 * failure that raises nothing; `testing` is true for test code, whose promises are watched.
 */
import { ASSERT } from './javascript-assert.ts';
import { CROSSING } from './javascript-crossing.ts';

export const GUEST = String.raw`(function (write, exit, note, input, testing) {
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
  timeEnd: quiet,
  assert: (value, ...message) => {
    if (testing && !value)
      note(describe(new assert.AssertionError({ message: 'console.assert ' + message.map((item) => inspect(item)).join(' ') })));
  },
});

/**
 * Rejections nobody handles, of test code: QuickJS does not report them. The host has turned async functions into
 * functions that make a Promise.
 */
const unhandled = new Map();
if (testing) {
  const Native = Promise;
  let watching = false;
  class Watched extends Native {
    static get [Symbol.species]() { return watching ? Native : Watched; }
    #handled = false;
    constructor(run) {
      super(run);
      watching = true;
      super.then(undefined, (error) => { if (!this.#handled) unhandled.set(this, error); });
      watching = false;
    }
    then(done, refused) {
      this.#handled = true;
      unhandled.delete(this);
      return super.then(done, refused);
    }
  }
  define('Promise', Watched);
}

let timers = [];
let clock = 0;
let count = 0;
const later = (callback, delay, args, every) => {
  timers.push({ id: ++count, due: clock + Math.max(Number(delay) || 0, every ? 1 : 0), callback, args, every });
  return count;
};
const cancel = (id) => { timers = timers.filter((timer) => timer.id !== id); };
const fire = () => {
  for (const error of unhandled.values()) throw error;
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
define('structuredClone', (value) => decode(parse(stringify(encode(value, true)))));

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

const atExit = [];
let ending = false;
/** Runs the handlers of the exit; the exit code. */
const end = (code) => {
  if (code !== undefined) process.exitCode = code;
  if (!ending) {
    ending = true;
    for (const handler of atExit) handler(Number(process.exitCode ?? 0));
  }
  return Number(process.exitCode ?? 0);
};
const listen = (name, handler) => {
  if (name === 'exit' || name === 'beforeExit') atExit.push(handler);
  return process;
};
const process = {
  argv: ['node', 'solution.js'], env: {}, version: 'v20.0.0', platform: 'sandbox', exitCode: undefined,
  stdin: new Input(),
  stdout: { write: (text) => { write(String(text)); return true; }, isTTY: false },
  stderr: { write: () => true },
  exit: (code) => {
    exit(end(code));
    for (;;); // until QuickJS notices
  },
  nextTick: (callback, ...args) => { Promise.resolve().then(() => callback(...args)); },
  hrtime: Object.assign(() => [0, 0], { bigint: () => BigInt(Date.now()) * 1000000n }),
  uptime: () => clock / 1000, cwd: () => '/', on: listen, once: listen, memoryUsage: () => ({ heapUsed: 0 }),
};
define('process', process);

const isInput = (path) => path === 0 || path === '/dev/stdin' || path === process.stdin.fd;
const isOutput = (path) => path === 1 || path === '/dev/stdout';
const noFile = (path) => {
  throw Object.assign(new Error("ENOENT: no such file or directory, open '" + path + "'"), { code: 'ENOENT' });
};
const assert = ${ASSERT};
define('assert', assert);

const modules = {
  process, assert, 'assert/strict': assert.strict, os: { EOL: '\n' }, util: { inspect: (value) => inspect(value, 1) },
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
/** What test code imports from a file beside it: the functions of the program. */
const solution = {};
define('require', (name) => {
  if (testing && /^\.{0,2}\//.test(String(name))) return solution;
  const known = String(name).replace(/^node:/, '');
  if (!Object.hasOwn(modules, known))
    throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
  return modules[known];
});
define('module', { exports: {} });
define('exports', globalThis.module.exports);

${CROSSING}
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
let promised = false;
const settle = (value) => { result = { value }; };
const reject = (error) => { result = { error }; };
const describe = (error) => {
  try {
    // What a check of an error may look at beside name and message, e.g. its code.
    const properties = Object.entries(Object(error)).filter(([key, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value) && key !== 'name' && key !== 'message' && String(value).length < 300);
    const line = /solution\.js:(\d+)/.exec(String(error?.stack ?? ''))?.[1];
    const isError = error !== null && typeof error === 'object' && 'message' in error;
    return stringify({
      type: String(isError ? error.name : 'thrown').slice(0, 80),
      message: String(isError ? error.message : inspect(error)).slice(0, 600),
      line: line === undefined ? null : Number(line),
      properties: properties.slice(0, 16),
    });
  } catch {
    return '{"type":"Error","message":"a value that cannot be shown","line":null,"properties":[]}';
  }
};
return {
  fire,
  describe,
  end: () => end(),
  /** Calls a function of the program with arguments in plain ("call") or tagged ("serve") JSON. */
  begin: (path, args, tagged) => {
    result = undefined;
    promised = false;
    const list = tagged ? decode(parse(args)) : parse(args);
    const value = find(path)(...list);
    promised = typeof value?.then === 'function';
    if (promised) value.then(settle, reject);
    else settle(value);
  },
  /** Whether the call returned a promise. */
  promised: () => promised,
  /** What the call came to, as JSON. */
  finish: (tagged) => {
    if (result === undefined) throw new Error('the returned promise was never settled');
    if ('error' in result) throw result.error;
    return stringify(tagged ? encode(result.value) : plain(result.value));
  },
  isFunction: (name) => {
    try { return typeof find(name) === 'function'; } catch { return false; }
  },
  /**
   * Makes a function of another sandbox callable here: ask(name, arguments) → {value} or {error}, and whether it came by
   * a promise; tagged JSON.
   */
  connect: (name, ask) => {
    const call = (...args) => {
      const reply = parse(ask(name, stringify(encode(args))));
      const give = () => {
        if (reply.error) throw asError(reply.error);
        return decode(reply.value);
      };
      return reply.promised ? new Promise((done) => done(give())) : give();
    };
    solution[name] = call;
    if (!(name in globalThis)) define(name, call);
  },
};
})`;
