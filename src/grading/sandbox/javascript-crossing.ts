/**
 * @file Values that cross between two JavaScript sandboxes, as tagged JSON: text that QuickJS evaluates in both. A class
 * crosses by its name only, so that an instance differs from a plain object where prototypes are compared.
 */
export const CROSSING = `
const TYPED = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'];
const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/** The name of the class of an object: undefined for a plain one, null for one without prototype. */
const className = (value) => {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return null;
  return prototype === Object.prototype ? undefined : String(prototype.constructor?.name);
};
/** bare leaves the classes of objects out. */
const encode = (value, bare = false) => {
  const inside = (item) => encode(item, bare);
  if (value === undefined) return ['u'];
  if (typeof value === 'bigint') return ['b', String(value)];
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : ['n', inspect(value)];
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') throw new TypeError('a ' + typeof value + ' cannot leave the sandbox');
  if (Array.isArray(value)) return ['l', Array.from(value, (item, i) => (i in value ? inside(item) : ['h']))];
  if (ArrayBuffer.isView(value)) return ['t', Object.prototype.toString.call(value).slice(8, -1), Array.from(value, inside)];
  if (value instanceof Map) return ['m', [...value].map(([k, v]) => [inside(k), inside(v)])];
  if (value instanceof Set) return ['s', [...value].map(inside)];
  if (value instanceof Date) return ['d', inside(value.getTime())];
  if (value instanceof RegExp) return ['r', value.source, value.flags];
  if (value instanceof Error) return ['e', parse(describe(value))];
  const name = bare ? undefined : className(value);
  return ['o', Object.keys(value).sort().map((key) => [key, inside(value[key])]), ...(name === undefined ? [] : [name])];
};

const prototypes = new Map([[undefined, Object.prototype], [null, null]]);
/** A prototype that stands for a class of the other sandbox. */
const prototypeOf = (name) => {
  if (!prototypes.has(name))
    prototypes.set(name, Object.create(Object.prototype, { constructor: { value: { name }, configurable: true } }));
  return prototypes.get(name);
};
const asError = ({ type, message, properties }) => {
  const error = Object.hasOwn(ERRORS, type) ? new ERRORS[type](message) : Object.assign(new Error(message), { name: type });
  return Object.assign(error, Object.fromEntries(properties));
};
const decode = (value) => {
  if (!Array.isArray(value)) return value;
  const [tag, content, more] = value;
  if (tag === 'u') return undefined;
  if (tag === 'b') return BigInt(content);
  if (tag === 'n') return Number(content);
  if (tag === 'l') return withHoles(content);
  if (tag === 't') return new globalThis[TYPED.includes(content) ? content : 'Uint8Array'](more.map(decode));
  if (tag === 'm') return new Map(content.map(([k, v]) => [decode(k), decode(v)]));
  if (tag === 's') return new Set(content.map(decode));
  if (tag === 'd') return new Date(decode(content));
  if (tag === 'r') return new RegExp(content, more);
  if (tag === 'e') return asError(content);
  const object = Object.create(prototypeOf(more));
  for (const [key, item] of content)
    Object.defineProperty(object, key, { value: decode(item), writable: true, enumerable: true, configurable: true });
  return object;
};
const withHoles = (items) => {
  const list = new Array(items.length);
  items.forEach((item, i) => { if (item?.[0] !== 'h' || !Array.isArray(item)) list[i] = decode(item); });
  return list;
};
`;
