/** @file The variable `loop` of a for loop. */
import { equal } from './compare.ts';
import { TemplateError } from './errors.ts';
import type { Limits } from './limits.ts';
import { Callable, PythonObject, Tuple, Undefined, type Value } from './values.ts';

export class Loop extends PythonObject {
  readonly type = 'LoopContext';
  readonly #items: readonly Value[];
  readonly #limits: Limits;
  /** From 0. */
  readonly depth: number;
  /** Renders the loop's body for other items, in a loop marked `recursive`. */
  readonly recurse: ((items: Value) => Value) | null;
  #index = -1;
  #seen: Tuple | undefined;

  constructor(
    items: readonly Value[],
    depth: number,
    recurse: ((items: Value) => Value) | null,
    limits: Limits,
  ) {
    super();
    this.#items = items;
    this.#limits = limits;
    this.depth = depth;
    this.recurse = recurse;
  }

  advance(): void {
    this.#index += 1;
  }

  override attribute(name: string): Value | undefined {
    const [index, items] = [this.#index, this.#items];
    switch (name) {
      case 'index':
        return BigInt(index + 1);
      case 'index0':
        return BigInt(index);
      case 'revindex':
        return BigInt(items.length - index);
      case 'revindex0':
        return BigInt(items.length - index - 1);
      case 'first':
        return index === 0;
      case 'last':
        return index === items.length - 1;
      case 'length':
        return BigInt(items.length);
      case 'depth':
        return BigInt(this.depth + 1);
      case 'depth0':
        return BigInt(this.depth);
      case 'previtem':
        return index > 0 ? items[index - 1] : new Undefined('there is no previous item');
      case 'nextitem':
        return index + 1 < items.length ? items[index + 1] : new Undefined('there is no next item');
      case 'cycle':
        return new Callable(name, ({ positional }) => {
          if (positional.length === 0) throw new TemplateError('loop.cycle() takes at least one value');
          return positional[index % positional.length]!;
        });
      case 'changed':
        return new Callable(name, ({ positional }) => this.#changed(new Tuple(positional)));
      default:
        return undefined;
    }
  }

  #changed(values: Tuple): boolean {
    const same = this.#seen !== undefined && equal(this.#seen, values, this.#limits);
    this.#seen = values;
    return !same;
  }
}
