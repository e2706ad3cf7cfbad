/** @file Patterns and formats of strings as automata over code points. */
export { TooLarge } from './expression.ts';
export { FORMATS, FREE_FORMATS } from './formats.ts';
export { PatternError } from './syntax.ts';
export { reads, type TextAutomaton, type TextRules, textAutomaton, type Way } from './text-automaton.ts';
