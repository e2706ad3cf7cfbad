/** @file Messages between a run and the process of a reward script. */
import type { Completion, ReadResponse } from '../../records.ts';

/** Loads the script: one ES module, without types. */
export interface Load {
  readonly code: Uint8Array;
}

/** A part of a completion's text. */
interface Part {
  readonly at: number;
  readonly length: number;
}

/** A completion whose `response` repeats nothing of its text: it is up to five times smaller. */
export type PackedCompletion = Omit<Completion, 'response'> & {
  readonly response: readonly (readonly [name: string, value: Part | ReadResponse[keyof ReadResponse]])[];
};

export function pack(completion: Completion): PackedCompletion {
  const { text, response } = completion;
  const fields = Object.entries(response) as [string, ReadResponse[keyof ReadResponse]][];
  return {
    ...completion,
    response: fields.map(([name, value]) => {
      const at = typeof value === 'string' ? text.indexOf(value) : -1;
      return [name, at === -1 ? value : { at, length: (value as string).length }];
    }),
  };
}

export function unpack(packed: PackedCompletion): Completion {
  const { text } = packed;
  const fields = packed.response.map(([name, value]) => {
    const isPart = typeof value === 'object' && value !== null;
    return [name, isPart ? text.slice(value.at, value.at + value.length) : value] as const;
  });
  return { ...packed, response: Object.fromEntries(fields) as unknown as ReadResponse };
}

/** Calls the script for each completion, in order. */
export interface Batch {
  readonly completions: readonly PackedCompletion[];
  /** What answers call each completion. */
  readonly indices: readonly number[];
  /** Promises that may be open at a time. */
  readonly width: number;
  /** Time a promise has to settle. */
  readonly limitMs: number;
}

/** Something the script threw. `stack` calls the script by the name `SCRIPT_FRAME`. */
export interface Thrown {
  readonly message: string;
  readonly stack: string;
}

/** Stands for the script's module in a stack. */
export const SCRIPT_FRAME = 'reward-script';

/** A call that is over: its score, or why there is none. */
export type Settled = { readonly index: number } & (
  | { readonly score: number | null }
  | { readonly returned: string }
  | { readonly thrown: Thrown }
  | { readonly late: true }
);

/** What the script's process says. */
export type Answer =
  /** It has started; only then does the time for loading begin. */
  | { readonly ready: true }
  | { readonly loaded: string }
  | { readonly unloadable: Thrown }
  | { readonly begun: number }
  | { readonly stray: Thrown }
  | Settled;
