/** @file What one choice of a token is made of: settings, rules, and what came of it. */
import type { Random } from '../../random.ts';

/** How the tokens of one sequence are drawn. */
export interface SamplingRow {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Token → added to its logit. */
  readonly bias: ReadonlyMap<number, number>;
  /** How often the reply holds a token; counted only where a penalty asks for it. */
  readonly counts: Map<number, number>;
  /** Where its draws come from; null where the temperature is 0. */
  readonly random: Random | null;
  /**
   * What is reported of a token:
   * - `policy`: its log-probability at the sampling temperature, before top k and top p cut: what a trainer computes
   *   again from the same weights, so that their distance measures numerics alone
   * - a number: its log-probability by the model itself, and the most probable alternatives, so many of them
   * - null: nothing
   */
  readonly logprobs: 'policy' | number | null;
}

/** The most probable token, and nothing reported: what is not named otherwise. */
export const PLAIN: Omit<SamplingRow, 'counts'> = {
  temperature: 0,
  topP: 1,
  topK: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  bias: new Map(),
  random: null,
  logprobs: null,
};

/** A token and, where asked for, its log-probability and the most probable ones instead. */
export interface Chosen {
  readonly token: number;
  readonly logprob: number | null;
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

/** A set of tokens; the object itself identifies it. */
export interface TokenSet {
  readonly key: string;
  readonly ids: Int32Array;
}

/** Rules for one token; null leaves it free. */
export interface TokenRule {
  readonly forced: number | null;
  readonly allowed: TokenSet | null;
}

/** A token under no rule. */
export const FREE: TokenRule = { forced: null, allowed: null };
