/** @file Strings of a schema as texts: lengths, patterns and formats, and the automata of those, each made once. */
import {
  FORMATS,
  FREE_FORMATS,
  PatternError,
  reads,
  type TextAutomaton,
  type TextRules,
  TooLarge,
  textAutomaton,
} from './pattern/index.ts';
import { longestText } from './patterned-strings.ts';
import { inside, schemaError } from './schema-error.ts';
import type { Facts } from './schema-facts.ts';
import type { TextShape } from './shapes.ts';

/** The largest minLength: so many characters are always kept in view. */
const MOST_REQUIRED_CHARACTERS = 3_072;
/** States of all automata of a schema, and entries of their tables of lengths. */
const MOST_STATES = 20_000;
const MOST_ENTRIES = 2 ** 21;

export class SchemaTexts {
  readonly #automata = new Map<string, TextAutomaton | null>();
  readonly #shapes = new Map<string, TextShape | null>();
  #states = 0;
  #entries = 0;

  /**
   * Texts as a schema wants them; null for none.
   * @param names - texts they must not be, and patterns that must not be found in them
   * @throws UserError for a pattern or format that cannot be held to
   */
  textOf(facts: Facts, path: string, names: Pick<TextRules, 'unlike' | 'without'> = NONE): TextShape | null {
    const rules = rulesOf(facts, path, names);
    const { minLength: min, maxLength } = facts;
    const key = JSON.stringify([rules, min, maxLength]);
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const made = this.#make(rules, min, maxLength, path);
    this.#shapes.set(key, made);
    return made;
  }

  #make(rules: TextRules, min: number, maxLength: number, path: string): TextShape | null {
    if (min > maxLength) return null;
    if (min > MOST_REQUIRED_CHARACTERS) {
      throw schemaError(
        inside(path, 'minLength'),
        `${min} is more than ${MOST_REQUIRED_CHARACTERS}.`,
        'Ask for fewer characters at once.',
      );
    }
    const isFree = Object.values(rules).every((list) => list.length === 0);
    const automaton = isFree ? null : this.#automaton(rules, path);
    if (isFree) return { min, max: Number.isFinite(maxLength) ? maxLength : null, automaton: null };
    if (automaton === null) return null;
    const longest = longestText(automaton);
    const max = Number.isFinite(maxLength) ? Math.min(maxLength, longest) : null;
    this.#entries += automaton.ways.length * ((max ?? min) + 1);
    if (min > longest || this.#entries > MOST_ENTRIES) throw tooLarge(path);
    return { min, max, automaton };
  }

  #automaton(rules: TextRules, path: string): TextAutomaton | null {
    const key = JSON.stringify(rules);
    const known = this.#automata.get(key);
    if (known !== undefined) return known;
    try {
      const made = textAutomaton(rules);
      this.#states += made?.ways.length ?? 0;
      if (this.#states > MOST_STATES) throw new TooLarge();
      this.#automata.set(key, made);
      return made;
    } catch (error) {
      if (error instanceof TooLarge) throw tooLarge(path);
      if (!(error instanceof PatternError)) throw error;
      throw schemaError(
        inside(path, 'pattern'),
        `the pattern cannot be held to: ${error.message}.`,
        'Write it without that, or leave it out and check the value yourself.',
      );
    }
  }

  /** Whether a pattern is found in a text. */
  finds(pattern: string, text: string, path: string): boolean {
    const automaton = this.#automaton({ ...NO_RULES, patterns: [pattern] }, path);
    return automaton !== null && reads(automaton, text);
  }

  /** Whether a text is as a schema wants it. */
  fits(text: string, facts: Facts, path: string): boolean {
    const { length } = Array.from(text);
    const rules = rulesOf(facts, path, NONE);
    const isFree = rules.patterns.length + rules.formats.length === 0;
    const automaton = isFree ? null : this.#automaton(rules, path);
    const isRead = isFree || (automaton !== null && reads(automaton, text));
    return length >= facts.minLength && length <= facts.maxLength && isRead;
  }
}

const NONE: Pick<TextRules, 'unlike' | 'without'> = { unlike: [], without: [] };
const NO_RULES: TextRules = { patterns: [], formats: [], ...NONE };

function rulesOf(
  { patterns, formats }: Facts,
  path: string,
  names: Pick<TextRules, 'unlike' | 'without'>,
): TextRules {
  const held = formats.filter((format) => FORMATS.includes(format));
  const unknown = formats.find((format) => !FORMATS.includes(format) && !FREE_FORMATS.has(format));
  // Beside a pattern it is a name for what the pattern says.
  if (unknown !== undefined && patterns.length === 0) {
    throw schemaError(
      inside(path, 'format'),
      `the format ${JSON.stringify(unknown)} is not supported for constrained output.`,
      `Write a pattern, leave it out, or use one of: ${FORMATS.join(', ')}.`,
    );
  }
  return { patterns, formats: held, ...names };
}

const tooLarge = (path: string): Error =>
  schemaError(
    path,
    'the automaton of its pattern, format and lengths is too large.',
    'Repeat fewer times in the pattern, or ask for shorter texts.',
  );
