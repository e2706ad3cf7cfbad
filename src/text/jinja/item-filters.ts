/** @file Jinja2's filters that go through the items of a value. */

import { compute } from './arithmetic.ts';
import { item } from './attributes.ts';
import { bind, flag, integerArgument, textArgument } from './bind.ts';
import { equal, order } from './compare.ts';
import { TemplateError } from './errors.ts';
import type { FilterFunction, Runtime } from './runtime.ts';
import { str } from './show.ts';
import { joined } from './text-edits.ts';
import {
  type CallArguments,
  Dict,
  Generator,
  Group,
  iterate,
  Tuple,
  truthy,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** The path of an attribute: `a.b` and `a.0` go through several values, a number is an index. */
function getter(path: Value, runtime: Runtime, preset?: Value): (value: Value) => Value {
  const steps =
    typeof path === 'string'
      ? path.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part))
      : [path];
  return (value) => {
    let found = value;
    for (const step of steps) {
      found = item(found, step, runtime.limits);
      if (found instanceof Undefined && preset !== undefined) found = preset;
    }
    return found;
  };
}

/** A key to sort or group by: the value or its attribute, without regard to case unless asked. */
function keyOf(
  path: Value | undefined,
  caseSensitive: Value | undefined,
  runtime: Runtime,
  preset?: Value,
): (value: Value) => Value {
  const plain = (value: Value): Value =>
    !flag(caseSensitive, false) && typeof value === 'string' ? value.toLowerCase() : value;
  if (path === undefined || path === null) return plain;
  if (typeof path === 'string' && path.includes(',')) {
    const getters = path.split(',').map((one) => getter(one, runtime, preset));
    return (value) => getters.map((get) => plain(get(value)));
  }
  const get = getter(path, runtime, preset);
  return (value) => plain(get(value));
}

function sorted<T>(items: readonly T[], key: (value: T) => Value, reverse: boolean, runtime: Runtime): T[] {
  const keyed = items.map((value) => ({ value, key: key(value) }));
  // As in Python, equal items keep their order in reverse too.
  keyed.sort((a, b) => (reverse ? -1 : 1) * order(a.key, b.key, runtime.limits));
  return keyed.map(({ value }) => value);
}

const sort: FilterFunction = (value, args, runtime) => {
  const [reverse, caseSensitive, path] = bind('the filter sort', args, [
    'reverse',
    'case_sensitive',
    'attribute',
  ]);
  return sorted(iterate(value), keyOf(path, caseSensitive, runtime), flag(reverse, false), runtime);
};

const dictsort: FilterFunction = (value, args, runtime) => {
  const [caseSensitive, by, reverse] = bind('the filter dictsort', args, ['case_sensitive', 'by', 'reverse']);
  if (!(value instanceof Dict))
    throw new TemplateError(`dictsort takes a dict, found a value of type ${typeName(value)}`);
  const position = ['key', 'value'].indexOf(textArgument('dictsort', by, 'key'));
  if (position < 0) throw new TemplateError("dictsort sorts by 'key' or 'value'");
  const key = keyOf(undefined, caseSensitive, runtime);
  const entries = sorted(value.entries(), (entry) => key(entry[position]!), flag(reverse, false), runtime);
  return entries.map(([name, one]) => new Tuple([name, one]));
};

const unique: FilterFunction = (value, args, runtime) => {
  const [caseSensitive, path] = bind('the filter unique', args, ['case_sensitive', 'attribute']);
  const key = keyOf(path, caseSensitive, runtime);
  const seen = new Dict();
  return new Generator(
    iterate(value).filter((one) => {
      const id = key(one);
      const known = seen.get(id) !== undefined;
      seen.set(id, true);
      return !known;
    }),
  );
};

const groupby: FilterFunction = (value, args, runtime) => {
  const [path, preset, caseSensitive] = bind('the filter groupby', args, [
    'attribute!',
    'default',
    'case_sensitive',
  ]);
  const key = keyOf(path, caseSensitive, runtime, preset);
  const groups: { readonly key: Value; readonly items: Value[] }[] = [];
  for (const one of sorted(iterate(value), key, false, runtime)) {
    const id = key(one);
    const last = groups.at(-1);
    if (last !== undefined && equal(last.key, id, runtime.limits)) last.items.push(one);
    else groups.push({ key: id, items: [one] });
  }
  const shown = keyOf(path, true, runtime, preset);
  return groups.map(({ items }) => new Group([shown(items[0]!), items]));
};

const join: FilterFunction = (value, args, runtime) => {
  const [separator, path] = bind('the filter join', args, ['d', 'attribute']);
  const { limits } = runtime;
  const get = path === undefined || path === null ? (one: Value) => one : getter(path, runtime);
  const parts = iterate(value).map((one) => str(get(one), limits));
  return joined(parts, separator === undefined ? '' : str(separator, limits), limits);
};

/** `min` and `max`; nothing of an empty sequence. */
const extreme =
  (name: string, sign: 1 | -1): FilterFunction =>
  (value, args, runtime) => {
    const [caseSensitive, path] = bind(`the filter ${name}`, args, ['case_sensitive', 'attribute']);
    const key = keyOf(path, caseSensitive, runtime);
    let best: { readonly value: Value; readonly key: Value } | undefined;
    for (const one of iterate(value)) {
      const id = key(one);
      if (best === undefined || sign * order(id, best.key, runtime.limits) < 0)
        best = { value: one, key: id };
    }
    return best?.value === undefined ? new Undefined('No aggregated item, sequence was empty.') : best.value;
  };

const sum: FilterFunction = (value, args, runtime) => {
  const [path, start = 0n] = bind('the filter sum', args, ['attribute', 'start']);
  const get = path === undefined || path === null ? (one: Value) => one : getter(path, runtime);
  return iterate(value).reduce((total: Value, one) => compute('+', total, get(one), runtime.limits), start);
};

const first: FilterFunction = (value, args) => {
  bind('the filter first', args, []);
  const found = value instanceof Generator ? value.first() : iterate(value)[0];
  return found === undefined ? new Undefined('No first item, sequence was empty.') : found;
};

const last: FilterFunction = (value, args) => {
  bind('the filter last', args, []);
  if (value instanceof Generator)
    throw new TemplateError('a generator has no last item (make it a list with |list)');
  const found = iterate(value).at(-1);
  return found === undefined ? new Undefined('No last item, sequence was empty.') : found;
};

const reverse: FilterFunction = (value, args) => {
  bind('the filter reverse', args, []);
  if (typeof value === 'string') return Array.from(value).reverse().join('');
  return new Generator([...iterate(value)].reverse());
};

const items: FilterFunction = (value, args) => {
  bind('the filter items', args, []);
  if (value instanceof Undefined) return new Generator([]);
  if (!(value instanceof Dict))
    throw new TemplateError(`items takes a dict, found a value of type ${typeName(value)}`);
  return new Generator(value.entries().map(([key, one]) => new Tuple([key, one])));
};

const batch: FilterFunction = (value, args) => {
  const [size, filler = null] = bind('the filter batch', args, ['linecount!', 'fill_with']);
  const count = integerArgument('batch', size, 0);
  if (count < 1) throw new TemplateError('batch takes a size of at least 1');
  const all = iterate(value);
  const groups = Array.from({ length: Math.ceil(all.length / count) }, (_, i) =>
    all.slice(i * count, (i + 1) * count),
  );
  return new Generator(groups.map((group) => filled(group, count, filler)));
};

const slices: FilterFunction = (value, args) => {
  const [number, filler = null] = bind('the filter slice', args, ['slices!', 'fill_with']);
  const count = integerArgument('slice', number, 0);
  const all = iterate(value);
  if (count < 1 || count > 100_000) throw new TemplateError('slice takes a number of at least 1');
  const size = Math.floor(all.length / count);
  const longer = all.length % count;
  const start = (i: number): number => i * size + Math.min(i, longer);
  const groups = Array.from({ length: count }, (_, i) => all.slice(start(i), start(i + 1)));
  return new Generator(
    groups.map((group, i) => (i >= longer ? filled(group, size + 1, filler, longer > 0) : [...group])),
  );
};

/** The group made as long as `size` with the filler, if there is one. */
function filled(group: readonly Value[], size: number, filler: Value, wanted = true): Value[] {
  if (filler === null || !wanted) return [...group];
  return [...group, ...Array.from({ length: Math.max(0, size - group.length) }, () => filler)];
}

/** As in Jinja2, `map`, `select` and `reject` find nothing in None, 0 and the like. */
function itemsOf(value: Value): readonly Value[] {
  return truthy(value) ? iterate(value) : [];
}

/** `map('filter', …)` or `map(attribute='a.b')`. */
const map: FilterFunction = (value, args, runtime) => {
  const [name, ...positional] = args.positional;
  if (name === undefined) {
    const [path, preset] = bind('the filter map', args, ['attribute', 'default']);
    if (path === undefined) throw new TemplateError('map takes the name of a filter, or attribute=…');
    return new Generator(itemsOf(value).map(getter(path, runtime, preset)));
  }
  const filter = str(name, runtime.limits);
  return new Generator(
    itemsOf(value).map((one) => runtime.filter(filter, one, { positional, named: args.named })),
  );
};

/** `select` and `reject`; with `ofAttribute` the first argument names the attribute that is tested. */
const chosen =
  (name: string, wanted: boolean, ofAttribute: boolean): FilterFunction =>
  (value, args, runtime) => {
    const given = [...args.positional];
    const path = ofAttribute ? given.shift() : undefined;
    if (ofAttribute && path === undefined)
      throw new TemplateError(`the filter ${name} needs the name of an attribute`);
    const get = path === undefined ? (one: Value) => one : getter(path, runtime);
    const [test, ...positional] = given;
    const call: CallArguments = { positional, named: args.named };
    const passes = (one: Value): boolean =>
      test === undefined ? truthy(one) : runtime.test(str(test, runtime.limits), one, call);
    return new Generator(itemsOf(value).filter((one) => passes(get(one)) === wanted));
  };

export const ITEM_FILTERS: readonly (readonly [string, FilterFunction])[] = [
  [
    'list',
    (value, args) => {
      bind('the filter list', args, []);
      return [...iterate(value)];
    },
  ],
  ['sort', sort],
  ['dictsort', dictsort],
  ['unique', unique],
  ['groupby', groupby],
  ['join', join],
  ['min', extreme('min', 1)],
  ['max', extreme('max', -1)],
  ['sum', sum],
  ['first', first],
  ['last', last],
  ['reverse', reverse],
  ['items', items],
  ['batch', batch],
  ['slice', slices],
  ['map', map],
  ['select', chosen('select', true, false)],
  ['reject', chosen('reject', false, false)],
  ['selectattr', chosen('selectattr', true, true)],
  ['rejectattr', chosen('rejectattr', false, true)],
];
