/** @file Statements: a parsed template made into text. */
import { TemplateError } from './errors.ts';
import { Evaluator } from './evaluate.ts';
import { globals } from './globals.ts';
import { Limits } from './limits.ts';
import { Loop } from './loop.ts';
import { bindMacro } from './macros.ts';
import type { Body, For, MacroNode, Statement, Target } from './nodes.ts';
import { Scope } from './scope.ts';
import { str } from './show.ts';
import { Callable, iterate, Namespace, truthy, Undefined, type Value } from './values.ts';

export interface Rendering {
  readonly text: string;
  /** How often None, a list or a dict became text in Python's spelling. */
  readonly pythonTexts: number;
}

/** Renders a parsed template with the globals of Jinja2 and transformers, which variables of their names replace. */
export function renderTemplate(
  template: Body,
  variables: ReadonlyMap<string, Value>,
  options: { readonly now: Date; readonly timeLimit: number },
): Rendering {
  const limits = new Limits(options.timeLimit);
  const scope = new Scope(null);
  for (const [name, value] of [...globals(options.now, limits), ...variables]) scope.set(name, value);
  const text = new Renderer(limits).render(template, new Scope(scope));
  return { text, pythonTexts: limits.pythonTexts };
}

/** How a list of statements ended. */
type End = 'done' | 'break' | 'continue';

/** The text made so far. */
class Output {
  readonly #parts: string[] = [];
  readonly #limits: Limits;
  #length = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  add(text: string): void {
    this.#length += text.length;
    this.#limits.length(this.#length);
    this.#parts.push(text);
  }

  text(): string {
    return this.#parts.join('');
  }
}

class Renderer {
  readonly #limits: Limits;
  readonly #evaluator: Evaluator;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#evaluator = new Evaluator(limits);
  }

  render(template: Body, scope: Scope): string {
    const output = new Output(this.#limits);
    try {
      this.#run(template, scope, output);
    } catch (error) {
      if (error instanceof TemplateError) error.line ??= this.#evaluator.line;
      throw error;
    }
    return output.text();
  }

  #run(body: Body, scope: Scope, output: Output): End {
    for (const statement of body) {
      this.#limits.tick();
      const end = this.#statement(statement, scope, output);
      if (end !== 'done') return end;
    }
    return 'done';
  }

  #statement(node: Statement, scope: Scope, output: Output): End {
    const evaluator = this.#evaluator;
    evaluator.line = node.line;
    switch (node.kind) {
      case 'text':
        output.add(node.text);
        return 'done';
      case 'print':
        output.add(str(evaluator.evaluate(node.value, scope), this.#limits));
        return 'done';
      case 'set':
        this.#assign(node.target, evaluator.evaluate(node.value, scope), scope);
        return 'done';
      case 'set_block': {
        const { text, end } = this.#block(node.body, scope);
        if (end !== 'done') return end;
        const value = node.filter === null ? text : evaluator.applyFilter(node.filter, scope, text);
        this.#assign(node.target, value, scope);
        return 'done';
      }
      case 'if':
        return this.#run(
          truthy(evaluator.evaluate(node.test, scope)) ? node.body : node.otherwise,
          scope,
          output,
        );
      case 'for':
        return this.#for(node, evaluator.evaluate(node.iterable, scope), 0, scope, output);
      case 'break':
      case 'continue':
        return node.kind;
      case 'macro':
        scope.set(node.name, this.#macro(node.name, node.macro, scope));
        return 'done';
      case 'call_block':
        output.add(this.#callBlock(node, scope));
        return 'done';
      case 'filter_block': {
        const { text, end } = this.#block(node.body, scope);
        if (end !== 'done') return end;
        output.add(str(evaluator.applyFilter(node.filter, scope, text), this.#limits));
        return 'done';
      }
      case 'with': {
        const inner = new Scope(scope);
        for (const [target, value] of node.assignments)
          this.#assign(target, evaluator.evaluate(value, scope), inner);
        return this.#run(node.body, inner, output);
      }
      case 'generation':
        return this.#run(node.body, new Scope(scope), output);
    }
  }

  /** The text of a block that is not printed where it stands. */
  #block(body: Body, scope: Scope): { readonly text: string; readonly end: End } {
    const output = new Output(this.#limits);
    const end = this.#run(body, new Scope(scope), output);
    return { text: output.text(), end };
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === 'name') scope.set(target.name, value);
    else if (target.kind === 'attribute') {
      const object = scope.get(target.object);
      if (!(object instanceof Namespace))
        throw new TemplateError(`cannot set '${target.name}' of '${target.object}', which is no namespace()`);
      object.attributes.set(target.name, value);
    } else {
      const values = iterate(value);
      if (values.length !== target.items.length)
        throw new TemplateError(`${values.length} values cannot be assigned to ${target.items.length} names`);
      for (const [i, one] of target.items.entries()) this.#assign(one, values[i]!, scope);
    }
  }

  #for(node: For, iterable: Value, depth: number, scope: Scope, output: Output): End {
    const items = this.#filtered(node, iterate(iterable), scope);
    const recurse = (inner: Value): Value => {
      const nested = new Output(this.#limits);
      this.#for(node, inner, depth + 1, scope, nested);
      return nested.text();
    };
    const loop = new Loop(items, depth, node.recursive ? recurse : null, this.#limits);
    // As in Jinja2, the block 'else' is rendered unless an iteration reached its end.
    let completed = false;
    for (const item of items) {
      this.#limits.tick();
      loop.advance();
      const inner = new Scope(scope);
      inner.set('loop', loop);
      this.#assign(node.target, item, inner);
      const end = this.#run(node.body, inner, output);
      if (end === 'done') completed = true;
      if (end === 'break') break;
    }
    return completed ? 'done' : this.#run(node.otherwise, new Scope(scope), output);
  }

  #filtered({ target, test }: For, items: readonly Value[], scope: Scope): readonly Value[] {
    if (test === null) return items;
    return items.filter((item) => {
      const inner = new Scope(scope);
      this.#assign(target, item, inner);
      return truthy(this.#evaluator.evaluate(test, inner));
    });
  }

  #macro(name: string, macro: MacroNode, scope: Scope): Callable {
    return new Callable(
      name,
      (args) => {
        const inner = new Scope(scope);
        const { values, missing } = bindMacro(name, macro, args);
        for (const [parameter, value] of values) inner.set(parameter, value);
        for (const { name: parameter, preset } of missing)
          inner.set(
            parameter,
            preset === null
              ? new Undefined(`parameter '${parameter}' was not provided`)
              : this.#evaluator.evaluate(preset, inner),
          );
        const output = new Output(this.#limits);
        this.#run(macro.body, inner, output);
        return output.text();
      },
      'Macro',
    );
  }

  /** `{% call(parameters) macro(arguments) %}`: the macro calls the block as `caller`. */
  #callBlock(node: Extract<Statement, { kind: 'call_block' }>, scope: Scope): string {
    const evaluator = this.#evaluator;
    if (node.call.kind !== 'call') throw new TemplateError('{% call %} is followed by a call');
    const callee = evaluator.evaluate(node.call.callee, scope);
    const args = evaluator.arguments(node.call.args, scope);
    const named = new Map(args.named).set('caller', this.#macro('caller', node.macro, scope));
    return str(evaluator.call(callee, { positional: args.positional, named }), this.#limits);
  }
}
