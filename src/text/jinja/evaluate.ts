/** @file Values of expressions. */
import { compute } from './arithmetic.ts';
import { attribute, item } from './attributes.ts';
import { contains, equal, order } from './compare.ts';
import { TemplateError, unsupported } from './errors.ts';
import { filterNamed, isFilter } from './filters.ts';
import type { Limits } from './limits.ts';
import { Loop } from './loop.ts';
import type { Arguments, Compare, Expression, Filter } from './nodes.ts';
import type { Runtime } from './runtime.ts';
import type { Scope } from './scope.ts';
import { str } from './show.ts';
import { slice } from './slices.ts';
import { applyTest, isTest } from './tests.ts';
import {
  type CallArguments,
  Callable,
  Dict,
  isNumber,
  iterate,
  numeric,
  Tuple,
  truthy,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** Evaluates expressions within the limits of one rendering. */
export class Evaluator implements Runtime {
  readonly limits: Limits;
  /** The line of what was evaluated last. */
  line = 1;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  evaluate(node: Expression, scope: Scope): Value {
    this.limits.tick();
    this.line = node.line;
    switch (node.kind) {
      case 'const':
        return node.value;
      case 'name':
        return this.#name(node.name, scope);
      case 'list':
        return node.items.map((one) => this.evaluate(one, scope));
      case 'tuple':
        return new Tuple(node.items.map((one) => this.evaluate(one, scope)));
      case 'dict':
        return new Dict(
          node.entries.map(([key, value]): [Value, Value] => [
            this.evaluate(key, scope),
            this.evaluate(value, scope),
          ]),
        );
      case 'attribute':
        return attribute(this.evaluate(node.object, scope), node.name, this.limits);
      case 'item':
        return item(this.evaluate(node.object, scope), this.evaluate(node.key, scope), this.limits);
      case 'slice':
        return this.#slice(node.object, node.bounds, scope);
      case 'call':
        return this.call(this.evaluate(node.callee, scope), this.arguments(node.args, scope));
      case 'filter':
        return this.applyFilter(node, scope, null);
      case 'test':
        return this.test(node.name, this.evaluate(node.operand, scope), this.arguments(node.args, scope));
      case 'not':
        return !truthy(this.evaluate(node.operand, scope));
      case 'minus':
      case 'plus':
        return signed(node.kind, this.evaluate(node.operand, scope));
      case 'and': {
        const left = this.evaluate(node.left, scope);
        return truthy(left) ? this.evaluate(node.right, scope) : left;
      }
      case 'or': {
        const left = this.evaluate(node.left, scope);
        return truthy(left) ? left : this.evaluate(node.right, scope);
      }
      case 'arithmetic':
        return compute(
          node.sign,
          this.evaluate(node.left, scope),
          this.evaluate(node.right, scope),
          this.limits,
        );
      case 'concat':
        return this.#concat(node.parts.map((part) => this.evaluate(part, scope)));
      case 'compare':
        return this.#compare(this.evaluate(node.first, scope), node.rest, scope);
      case 'conditional':
        if (truthy(this.evaluate(node.test, scope))) return this.evaluate(node.value, scope);
        if (node.otherwise !== null) return this.evaluate(node.otherwise, scope);
        return new Undefined("the 'if' expression was false and has no 'else'");
    }
  }

  filter(name: string, value: Value, args: CallArguments): Value {
    this.limits.tick();
    return this.#bounded(filterNamed(name)(value, args, this));
  }

  test(name: string, value: Value, args: CallArguments): boolean {
    this.limits.tick();
    if (name === 'filter') return isFilter(value);
    return name === 'test' ? isTest(value) : applyTest(name, value, args, this.limits);
  }

  /** A chain of filters; `text` is what the first one works on where it has no operand. */
  applyFilter(node: Filter, scope: Scope, text: Value): Value {
    const { operand } = node;
    let value = text;
    if (operand?.kind === 'filter') value = this.applyFilter(operand, scope, text);
    else if (operand !== null) value = this.evaluate(operand, scope);
    return this.filter(node.name, value, this.arguments(node.args, scope));
  }

  call(callee: Value, args: CallArguments): Value {
    if (callee instanceof Callable) return this.#bounded(callee.call(args));
    if (callee instanceof Loop && callee.recurse !== null && args.positional.length === 1)
      return callee.recurse(args.positional[0]!);
    if (callee instanceof Undefined) throw new TemplateError(callee.reason);
    throw new TemplateError(`a value of type ${typeName(callee)} cannot be called`);
  }

  arguments(args: Arguments, scope: Scope): CallArguments {
    const positional = args.positional.map((one) => this.evaluate(one, scope));
    const named = new Map(args.named.map(([name, value]) => [name, this.evaluate(value, scope)]));
    if (args.list !== null) positional.push(...iterate(this.evaluate(args.list, scope)));
    if (args.dict !== null) {
      const given = this.evaluate(args.dict, scope);
      if (!(given instanceof Dict))
        throw new TemplateError(`'**' takes a dict, found a value of type ${typeName(given)}`);
      for (const [name, value] of given.entries()) named.set(str(name, this.limits), value);
    }
    return { positional, named };
  }

  #name(name: string, scope: Scope): Value {
    const value = scope.get(name);
    if (value === undefined && name === 'self') throw unsupported('the variable self');
    return value === undefined ? new Undefined(`'${name}' is undefined`) : value;
  }

  #slice(object: Expression, bounds: readonly (Expression | null)[], scope: Scope): Value {
    const value = this.evaluate(object, scope);
    const given = bounds.map((bound) => (bound === null ? null : this.evaluate(bound, scope)));
    return slice(value, given, this.limits);
  }

  #concat(values: readonly Value[]): Value {
    const parts = values.map((value) => str(value, this.limits));
    this.limits.length(parts.reduce((sum, part) => sum + part.length, 0));
    return parts.join('');
  }

  #compare(first: Value, rest: readonly (readonly [Compare, Expression])[], scope: Scope): boolean {
    let left = first;
    for (const [sign, expression] of rest) {
      const right = this.evaluate(expression, scope);
      if (!compared(sign, left, right, this.limits)) return false;
      left = right;
    }
    return true;
  }

  #bounded(value: Value): Value {
    if (typeof value === 'string') this.limits.length(value.length);
    else if (Array.isArray(value)) this.limits.items(value.length);
    return value;
  }
}

function compared(sign: Compare, left: Value, right: Value, limits: Limits): boolean {
  switch (sign) {
    case '==':
      return equal(left, right, limits);
    case '!=':
      return !equal(left, right, limits);
    case '<':
      return order(left, right, limits) < 0;
    case '<=':
      return order(left, right, limits) <= 0;
    case '>':
      return order(left, right, limits) > 0;
    case '>=':
      return order(left, right, limits) >= 0;
    case 'in':
      return contains(right, left, limits);
    case 'not in':
      return !contains(right, left, limits);
  }
}

function signed(kind: 'minus' | 'plus', value: Value): Value {
  if (value instanceof Undefined) throw new TemplateError(value.reason);
  if (!isNumber(value)) throw new TemplateError(`a value of type ${typeName(value)} has no sign`);
  const number = numeric(value);
  return kind === 'minus' ? -number : number;
}
