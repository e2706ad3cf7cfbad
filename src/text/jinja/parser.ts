/** @file Jinja2's statements, those of transformers' chat templates: with `break`, `continue` and `generation`. */
import { tokenize } from './lexer.ts';
import type { Body, MacroNode, Parameter, Statement, Target } from './nodes.ts';
import { parseExpression, parseFilterChain, parseTuple } from './parse-expression.ts';
import { TokenStream } from './tokens.ts';

/** Tags of Jinja2 that chat templates cannot use. */
const UNSUPPORTED = ['autoescape', 'block', 'extends', 'from', 'import', 'include', 'do', 'trans', 'debug'];
/** A template nested deeper than this is refused before the stack overflows. */
const RESERVED = ['true', 'false', 'none', 'True', 'False', 'None'];

/** Parses a template. Throws TemplateSyntaxError. */
export function parseTemplate(source: string): Body {
  return new Parser(source).template();
}

class Parser {
  readonly #tokens: TokenStream;
  /** The loops around the current statement, within its macro. */
  #loops = 0;

  constructor(source: string) {
    this.#tokens = new TokenStream(tokenize(source));
  }

  template(): Body {
    const { body } = this.#body([], null);
    return body;
  }

  /** Statements up to one of the closing tags, whose name is taken. `opened` is the tag to be closed. */
  #body(
    closing: readonly string[],
    opened: { readonly name: string; readonly line: number } | null,
  ): { readonly body: Body; readonly end: string } {
    const tokens = this.#tokens;
    const body: Statement[] = [];
    for (;;) {
      const { type, line, value } = tokens.next();
      if (type === 'data') body.push({ kind: 'text', line, text: value });
      else if (type === 'variable_begin') {
        body.push({ kind: 'print', line, value: parseTuple(tokens) });
        tokens.expect('variable_end');
      } else if (type === 'block_begin') {
        if (closing.length > 0 && tokens.is('name', ...closing)) return { body, end: tokens.next().value };
        body.push(this.#statement(line));
      } else if (opened === null) return { body, end: '' };
      else throw tokens.error(`{% ${opened.name} %} is never closed ({% ${closing.at(-1)!} %})`, opened.line);
    }
  }

  #statement(line: number): Statement {
    const tokens = this.#tokens;
    const name = tokens.expect('name').value;
    switch (name) {
      case 'set':
        return this.#set(line);
      case 'if':
        return this.#if(line);
      case 'for':
        return this.#for(line);
      case 'break':
      case 'continue':
        if (this.#loops === 0) throw tokens.error(`{% ${name} %} stands outside of a loop`, line);
        tokens.expect('block_end');
        return { kind: name, line };
      case 'macro': {
        const macro = tokens.expect('name').value;
        return { kind: 'macro', line, name: macro, macro: this.#macro(name, line, this.#parameters()) };
      }
      case 'call': {
        const parameters = tokens.is('operator', '(') ? this.#parameters() : [];
        const call = parseExpression(tokens);
        if (call.kind !== 'call') throw tokens.error('{% call %} is followed by a call', line);
        return { kind: 'call_block', line, call, macro: this.#macro(name, line, parameters) };
      }
      case 'filter': {
        const filter = parseFilterChain(tokens, false)!;
        tokens.expect('block_end');
        return { kind: 'filter_block', line, filter, body: this.#closed(name, line) };
      }
      case 'with':
        return this.#with(line);
      case 'generation':
        tokens.expect('block_end');
        return { kind: 'generation', line, body: this.#outsideLoops(() => this.#closed(name, line)) };
      default:
        throw UNSUPPORTED.includes(name)
          ? tokens.error(`{% ${name} %} is not supported in chat templates`, line)
          : tokens.error(`unknown tag {% ${name} %}`, line);
    }
  }

  /** The body up to `endNAME`, and the end of that tag. */
  #closed(name: string, line: number): Body {
    const { body } = this.#body([`end${name}`], { name, line });
    this.#tokens.expect('block_end');
    return body;
  }

  #set(line: number): Statement {
    const tokens = this.#tokens;
    const target = this.#target({ attributes: true });
    if (tokens.skip('operator', '=')) {
      const value = parseTuple(tokens);
      tokens.expect('block_end');
      return { kind: 'set', line, target, value };
    }
    const filter = parseFilterChain(tokens, true);
    tokens.expect('block_end');
    return { kind: 'set_block', line, target, filter, body: this.#closed('set', line) };
  }

  #if(line: number): Statement {
    const tokens = this.#tokens;
    const test = parseTuple(tokens, { conditional: false });
    tokens.expect('block_end');
    const { body, end } = this.#body(['elif', 'else', 'endif'], { name: 'if', line });
    if (end === 'elif') return { kind: 'if', line, test, body, otherwise: [this.#if(tokens.line)] };
    tokens.expect('block_end');
    const otherwise = end === 'else' ? this.#closed('if', line) : [];
    return { kind: 'if', line, test, body, otherwise };
  }

  #for(line: number): Statement {
    const tokens = this.#tokens;
    const target = this.#target({ ends: ['in'] });
    tokens.expect('name', 'in');
    const iterable = parseTuple(tokens, { conditional: false, ends: ['recursive'] });
    const test = tokens.skip('name', 'if') ? parseExpression(tokens) : null;
    const recursive = tokens.skip('name', 'recursive');
    tokens.expect('block_end');
    this.#loops += 1;
    const { body, end } = this.#body(['else', 'endfor'], { name: 'for', line });
    this.#loops -= 1;
    tokens.expect('block_end');
    const otherwise = end === 'else' ? this.#closed('for', line) : [];
    return { kind: 'for', line, target, iterable, test, recursive, body, otherwise };
  }

  #with(line: number): Statement {
    const tokens = this.#tokens;
    const assignments: [Target, ReturnType<typeof parseExpression>][] = [];
    while (!tokens.is('block_end')) {
      if (assignments.length > 0) tokens.expect('operator', ',');
      const target = this.#oneTarget(false);
      tokens.expect('operator', '=');
      assignments.push([target, parseExpression(tokens)]);
    }
    tokens.expect('block_end');
    return { kind: 'with', line, assignments, body: this.#closed('with', line) };
  }

  #macro(tag: string, line: number, parameters: readonly Parameter[]): MacroNode {
    this.#tokens.expect('block_end');
    const body = this.#outsideLoops(() => this.#closed(tag, line));
    const declared = parameters.map(({ name }) => name);
    const reads = (name: string): boolean => !declared.includes(name) && mentions(body, name);
    return {
      parameters,
      body,
      reads: {
        caller: declared.includes('caller') || mentions(body, 'caller'),
        varargs: reads('varargs'),
        kwargs: reads('kwargs'),
      },
    };
  }

  #outsideLoops<T>(parse: () => T): T {
    const loops = this.#loops;
    this.#loops = 0;
    const parsed = parse();
    this.#loops = loops;
    return parsed;
  }

  #parameters(): readonly Parameter[] {
    const tokens = this.#tokens;
    const parameters: Parameter[] = [];
    tokens.expect('operator', '(');
    while (!tokens.is('operator', ')')) {
      if (parameters.length > 0) tokens.expect('operator', ',');
      const name = this.#assignable();
      const preset = tokens.skip('operator', '=') ? parseExpression(tokens) : null;
      if (preset === null && parameters.some((one) => one.preset !== null))
        throw tokens.error(`parameter '${name}' has no default and follows one that has`);
      parameters.push({ name, preset });
    }
    tokens.expect('operator', ')');
    return parameters;
  }

  #target({ attributes = false, ends = [] as readonly string[] } = {}): Target {
    const tokens = this.#tokens;
    const items = [this.#oneTarget(attributes)];
    let tuple = false;
    while (tokens.skip('operator', ',')) {
      tuple = true;
      if (tokens.is('block_end') || tokens.is('operator', '=', ')') || tokens.is('name', ...ends, '')) break;
      items.push(this.#oneTarget(attributes));
    }
    return tuple ? { kind: 'tuple', items } : items[0]!;
  }

  #oneTarget(attributes: boolean): Target {
    const tokens = this.#tokens;
    if (tokens.skip('operator', '(')) {
      const target = this.#target({ attributes });
      tokens.expect('operator', ')');
      return target;
    }
    const name = this.#assignable();
    if (!attributes || !tokens.skip('operator', '.')) return { kind: 'name', name };
    return { kind: 'attribute', object: name, name: tokens.expect('name').value };
  }

  #assignable(): string {
    const { line } = this.#tokens;
    const name = this.#tokens.expect('name').value;
    if (RESERVED.includes(name)) throw this.#tokens.error(`cannot assign to '${name}'`, line);
    return name;
  }
}

/** Whether the name is read anywhere within. */
function mentions(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some((one) => mentions(one, name));
  const fields = node as { readonly [field: string]: unknown };
  if (fields.kind === 'name' && fields.name === name) return true;
  return Object.values(fields).some((value) => mentions(value, name));
}
