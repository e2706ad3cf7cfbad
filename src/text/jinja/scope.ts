/** @file The variables of a block, with those of the blocks around it. */
import type { Value } from './values.ts';

export class Scope {
  readonly #parent: Scope | null;
  readonly #values = new Map<string, Value>();

  constructor(parent: Scope | null) {
    this.#parent = parent;
  }

  get(name: string): Value | undefined {
    const value = this.#values.get(name);
    return value === undefined ? this.#parent?.get(name) : value;
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}
