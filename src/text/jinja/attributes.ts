/** @file `value.name` and `value[key]` as Jinja2's sandbox looks them up. */
import { bind } from './bind.ts';
import { equal } from './compare.ts';
import { TemplateError, unsupported } from './errors.ts';
import type { Limits } from './limits.ts';
import { itemAt } from './slices.ts';
import { stringMethod } from './string-methods.ts';
import {
  type CallArguments,
  Callable,
  Dict,
  Markup,
  PythonObject,
  sequenceOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
  View,
} from './values.ts';

/** Methods that change a value. The sandbox of transformers refuses them. */
const LIST_CHANGES = ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'];
const DICT_CHANGES = ['clear', 'pop', 'popitem', 'setdefault', 'update'];

/** `object.name`: the attribute, else the item of that key, else undefined. */
export function attribute(object: Value, name: string, limits: Limits): Value {
  if (object instanceof Undefined) throw new TemplateError(object.reason);
  const own = ownAttribute(object, name, limits);
  if (own !== undefined) return own;
  const found = itemOrNone(object, name);
  return found === undefined ? missing(object, name) : found;
}

/** `object[key]`: the item, else, where the key is a text, the attribute, else undefined. */
export function item(object: Value, key: Value, limits: Limits): Value {
  if (object instanceof Undefined) throw new TemplateError(object.reason);
  const found = itemOrNone(object, key);
  if (found !== undefined) return found;
  const own = typeof key === 'string' ? ownAttribute(object, key, limits) : undefined;
  return own === undefined ? missing(object, key) : own;
}

/** The filter `attr`: the attribute, never an item. */
export function attributeOnly(object: Value, name: string, limits: Limits): Value {
  if (object instanceof Undefined) throw new TemplateError(object.reason);
  const own = ownAttribute(object, name, limits);
  return own === undefined ? missing(object, name) : own;
}

function missing(object: Value, key: Value): Undefined {
  const owner = object === null ? "'None'" : `'${typeName(object)} object'`;
  return new Undefined(
    typeof key === 'string' ? `${owner} has no attribute '${key}'` : `${owner} has no such element`,
  );
}

/** Undefined where there is no such item; None is an item like any other. */
function itemOrNone(object: Value, key: Value): Value | undefined {
  if (object instanceof Dict) {
    // A key that Python cannot hash is in no dict.
    return Array.isArray(key) || key instanceof Dict ? undefined : object.get(key);
  }
  return typeof key === 'boolean' || typeof key === 'bigint' ? itemAt(object, Number(key)) : undefined;
}

function ownAttribute(object: Value, name: string, limits: Limits): Value | undefined {
  if (name.startsWith('_') && !(object instanceof PythonObject && object.attribute(name) !== undefined)) {
    return name.startsWith('__') ? new Undefined(`access to attribute '${name}' is unsafe`) : undefined;
  }
  if (typeof object === 'string') {
    const method = stringMethod(name);
    return method === undefined ? undefined : callable(name, (args) => method(object, args, limits));
  }
  if (object instanceof Dict) return dictAttribute(object, name);
  const items = sequenceOf(object);
  if (items !== null) {
    if (Array.isArray(object) && LIST_CHANGES.includes(name)) return refused('list', name);
    return (
      listMethod(object, items, name, limits) ??
      (object instanceof Tuple ? object.attribute(name) : undefined)
    );
  }
  if (object instanceof Markup)
    throw unsupported(`the attribute ${name} of a text that a filter marked safe`);
  return object instanceof PythonObject ? object.attribute(name) : numberAttribute(object, name);
}

function callable(name: string, call: (args: CallArguments) => Value): Callable {
  return new Callable(name, call, 'builtin_function_or_method');
}

function refused(type: string, name: string): Undefined {
  return new Undefined(`the method ${name} changes a ${type}, which a chat template may not do`);
}

function dictAttribute(dict: Dict, name: string): Value | undefined {
  const view = (items: () => Value[]): Callable =>
    callable(name, (args) => {
      bind(`${name}()`, args, []);
      return new View(`dict_${name}`, items());
    });
  switch (name) {
    case 'get':
      return callable(name, (args) => {
        const [key, preset = null] = bind('get()', args, ['/key!', '/default']);
        const found = dict.get(key!);
        return found === undefined ? preset : found;
      });
    case 'items':
      return view(() => dict.entries().map(([key, value]) => new Tuple([key, value])));
    case 'keys':
      return view(() => dict.keys());
    case 'values':
      return view(() => dict.values());
    case 'copy':
      return callable(name, () => new Dict(dict.entries()));
    case 'fromkeys':
      throw unsupported('the method fromkeys of a dict');
    default:
      return DICT_CHANGES.includes(name) ? refused('dict', name) : undefined;
  }
}

function listMethod(object: Value, items: readonly Value[], name: string, limits: Limits): Value | undefined {
  switch (name) {
    case 'count':
      return callable(name, (args) => {
        const [wanted] = bind('count()', args, ['/value!']);
        return BigInt(items.filter((one) => equal(one, wanted!, limits)).length);
      });
    case 'index':
      return callable(name, (args) => {
        const [wanted] = bind('index()', args, ['/value!']);
        const at = items.findIndex((one) => equal(one, wanted!, limits));
        if (at < 0) throw new TemplateError('index() did not find the value');
        return BigInt(at);
      });
    case 'copy':
      return Array.isArray(object) ? callable(name, () => [...items]) : undefined;
    default:
      return undefined;
  }
}

const NUMBER_ATTRIBUTES =
  /^(?:real|imag|numerator|denominator|bit_length|bit_count|to_bytes|from_bytes|conjugate|as_integer_ratio|is_integer|hex|fromhex)$/;

function numberAttribute(object: Value, name: string): undefined {
  if (object !== null && NUMBER_ATTRIBUTES.test(name)) throw unsupported(`the attribute ${name} of a number`);
  return undefined;
}
