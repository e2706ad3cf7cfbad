/** @file The functions a template can call: Jinja2's, and those that transformers adds. */
import { bind } from './bind.ts';
import { TemplateError, TemplateLimitError, TemplateRefusal, unsupported } from './errors.ts';
import type { Limits } from './limits.ts';
import { str } from './show.ts';
import { strftime } from './strftime.ts';
import {
  type CallArguments,
  Callable,
  Dict,
  iterate,
  Namespace,
  PythonObject,
  typeName,
  type Value,
  View,
} from './values.ts';

const MAX_RANGE = 100_000;

/** The globals by name. `now` is what `strftime_now` shows. */
export function globals(now: Date, limits: Limits): ReadonlyMap<string, Value> {
  const functions: { readonly [name: string]: (args: CallArguments) => Value } = {
    range,
    dict: (args) => dictOf('dict()', args),
    namespace: (args) => new Namespace(dictOf('namespace()', args)),
    joiner: (args) => joiner(bind('joiner()', args, ['sep'])[0] ?? ', '),
    cycler: (args) => new Cycler(args.positional),
    lipsum: () => {
      throw unsupported('the function lipsum');
    },
    raise_exception: (args) => {
      throw new TemplateRefusal(str(bind('raise_exception()', args, ['message!'])[0]!, limits));
    },
    strftime_now: (args) => {
      const format = str(bind('strftime_now()', args, ['format!'])[0]!, limits);
      return limits.text(strftime(now, format));
    },
  };
  return new Map(Object.entries(functions).map(([name, call]) => [name, new Callable(name, call)]));
}

/** Python's range, bounded as in Jinja2's sandbox. */
function range(args: CallArguments): View {
  if (args.named.size > 0 || args.positional.length < 1 || args.positional.length > 3)
    throw new TemplateError('range() takes one to three whole numbers');
  const given = args.positional.map((bound) => {
    if (typeof bound === 'bigint' || typeof bound === 'boolean') return BigInt(bound);
    throw new TemplateError(`range() takes whole numbers, found a value of type ${typeName(bound)}`);
  });
  const [start, stop, step] =
    given.length === 1 ? [0n, given[0]!, 1n] : [given[0]!, given[1]!, given[2] ?? 1n];
  if (step === 0n) throw new TemplateError('the step of range() cannot be 0');
  const span = step > 0n ? stop - start + step - 1n : stop - start + step + 1n;
  const length = span / step > 0n ? span / step : 0n;
  if (length > MAX_RANGE)
    throw new TemplateLimitError(`the chat template asks for a range of ${length}, more than ${MAX_RANGE}`);
  const items = Array.from({ length: Number(length) }, (_, i) => start + BigInt(i) * step);
  return new View('range', items, `range(${start}, ${stop}${step === 1n ? '' : `, ${step}`})`);
}

/** `dict(mapping or pairs, name=value)`. */
function dictOf(call: string, args: CallArguments): Dict {
  if (args.positional.length > 1) throw new TemplateError(`${call} takes one value`);
  const [from] = args.positional;
  const dict = new Dict(from instanceof Dict ? from.entries() : []);
  if (from !== undefined && !(from instanceof Dict)) {
    for (const pair of iterate(from)) {
      const [key, value, ...more] = iterate(pair);
      if (key === undefined || value === undefined || more.length > 0)
        throw new TemplateError(`${call} takes pairs of key and value`);
      dict.set(key, value);
    }
  }
  for (const [name, value] of args.named) dict.set(name, value);
  return dict;
}

/** Nothing at the first call, the separator at each further one. */
function joiner(separator: Value): Callable {
  let used = false;
  return new Callable('joiner', (args) => {
    bind('the joiner', args, []);
    const value = used ? separator : '';
    used = true;
    return value;
  });
}

class Cycler extends PythonObject {
  readonly type = 'Cycler';
  readonly #items: readonly Value[];
  #position = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) throw new TemplateError('cycler() takes at least one value');
    this.#items = items;
  }

  override attribute(name: string): Value | undefined {
    if (name === 'current') return this.#items[this.#position]!;
    if (name !== 'next' && name !== 'reset') return undefined;
    return new Callable(name, () => {
      const current = name === 'next' ? this.#items[this.#position]! : null;
      this.#position = name === 'next' ? (this.#position + 1) % this.#items.length : 0;
      return current;
    });
  }
}
