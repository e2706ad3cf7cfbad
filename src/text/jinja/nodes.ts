/** @file The tree of a parsed template. */

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** `*list` and `**dict`. */
  readonly list: Expression | null;
  readonly dict: Expression | null;
}

export type Compare = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';
export type Arithmetic = '+' | '-' | '*' | '/' | '//' | '%' | '**';

export type Expression = { readonly line: number } & (
  | { readonly kind: 'const'; readonly value: null | boolean | bigint | number | string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly object: Expression; readonly key: Expression }
  | {
      readonly kind: 'slice';
      readonly object: Expression;
      readonly bounds: readonly (Expression | null)[];
    }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: Arguments }
  | Filter
  | { readonly kind: 'test'; readonly operand: Expression; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'not' | 'minus' | 'plus'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'arithmetic';
      readonly sign: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly first: Expression;
      readonly rest: readonly (readonly [Compare, Expression])[];
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly value: Expression;
      readonly otherwise: Expression | null;
    }
);

export interface Filter {
  readonly kind: 'filter';
  readonly line: number;
  /** Null: the text of a block. */
  readonly operand: Expression | null;
  readonly name: string;
  readonly args: Arguments;
}

/** What `set`, `for` and `with` assign to. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly object: string; readonly name: string }
  | { readonly kind: 'tuple'; readonly items: readonly Target[] };

export interface Parameter {
  readonly name: string;
  readonly preset: Expression | null;
}

export type Body = readonly Statement[];

export type Statement = { readonly line: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: 'set_block';
      readonly target: Target;
      readonly filter: Filter | null;
      readonly body: Body;
    }
  | { readonly kind: 'if'; readonly test: Expression; readonly body: Body; readonly otherwise: Body }
  | For
  | { readonly kind: 'break' | 'continue' }
  | { readonly kind: 'macro'; readonly name: string; readonly macro: MacroNode }
  | { readonly kind: 'call_block'; readonly call: Expression; readonly macro: MacroNode }
  | { readonly kind: 'filter_block'; readonly filter: Filter; readonly body: Body }
  | {
      readonly kind: 'with';
      readonly assignments: readonly (readonly [Target, Expression])[];
      readonly body: Body;
    }
  | { readonly kind: 'generation'; readonly body: Body }
);

export interface For {
  readonly kind: 'for';
  readonly line: number;
  readonly target: Target;
  readonly iterable: Expression;
  readonly test: Expression | null;
  readonly recursive: boolean;
  readonly body: Body;
  readonly otherwise: Body;
}

export interface MacroNode {
  readonly parameters: readonly Parameter[];
  readonly body: Body;
  /** The special names that the body reads. */
  readonly reads: { readonly caller: boolean; readonly varargs: boolean; readonly kwargs: boolean };
}
