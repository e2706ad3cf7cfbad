/** @file The grammar of response_format json_object: any JSON object. */
import { Automaton } from './automaton.ts';
import type { Grammar } from './grammar.ts';
import { WHITESPACE } from './literals.ts';
import { anyObject } from './values.ts';

/** Any JSON object; blanks may stand before it, nothing after it. */
export const jsonObjectGrammar = (): Grammar => new Automaton([WHITESPACE, anyObject(0)]);
