/**
 * @file Cutting a normalised answer into tokens.
 *
 * Decides here, where the characters still stand side by side: which commas are thousands separators, which runs of
 * letters are functions, units, words, or products of variables.
 */
import { ReadError } from './read-error.ts';
import { isKnownUnit, unitName } from './units.ts';
import {
  CONSTANT_WORDS,
  FUNCTIONS,
  isReadName,
  MYRIADS,
  NAMED_QUANTITIES,
  PREFIX_WORDS,
  SEPARATOR_WORDS,
  SUFFIX_WORDS,
  TRANSPARENT,
  UPRIGHT,
} from './vocabulary.ts';

/** Longest answer that is read, in characters. */
export const MAX_LENGTH = 1000;
/** Most tokens that are read. */
export const MAX_TOKENS = 600;

export type TokenKind =
  | 'number' // value: plain digits with at most one point
  | 'symbol' // a variable
  | 'function' // a function written as a word or a command
  | 'unit' // value: the unit's name
  | 'word' // any other word
  | 'separator' // value: 'or' | 'and' | ','
  | 'command' // a LaTeX command, without the backslash
  | 'sign'; // one character

export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  /** Whether white space stands before it. */
  readonly spaced: boolean;
  /** For text in `\text{…}`: it cannot be a product of variables. */
  readonly upright?: boolean;
}

const COMMAND = /\\([A-Za-z]+|.)/suy;
const LETTERS = /[A-Za-z]+/y;
const FOREIGN_WORD = /[\p{L}\p{M}]+/uy;

/** Number forms, tried in order at one place. */
const NUMBERS = {
  /** 1.234.567,89 and 1.234,5: unambiguous European forms. */
  european: /\d{1,3}(?:\.\d{3})+,\d+(?![\d,.])|\d{1,3}(?:\.\d{3}){2,}(?![\d,.])/y,
  /** 1{,}234 and 1\,234: a separator that cannot be a list's. */
  braced: /\d{1,3}(?:\{,\}\d{3})+(?!\d)(?:\.\d+)?/y,
  /** 3{,}14: the TeX decimal comma. */
  bracedDecimal: /\d+\{,\}\d+(?!\d)/y,
  comma: /\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?/y,
  spaced: /\d{1,3}(?: \d{3})+(?![\d.,]\d|\d| ?\/)(?:\.\d+)?/y,
  scientific: /(?:\d+(?:\.\d+)?|\.\d+)[eE][-+]?\d{1,4}(?![\d.])/y,
  plain: /(?:\d+(?:\.\d*)?|\.\d+)/y,
};

interface State {
  readonly text: string;
  readonly tokens: Token[];
  position: number;
  spaced: boolean;
  /** Open brackets, and whether a comma inside separates: all but the braces of a LaTeX argument. */
  readonly open: boolean[];
  /** Whether the answer shows by other means that commas inside brackets are thousands separators. */
  readonly groups: boolean;
}

function match(state: State, pattern: RegExp): string | null {
  pattern.lastIndex = state.position;
  return pattern.exec(state.text)?.[0] ?? null;
}

function push(state: State, kind: TokenKind, value: string, upright?: boolean): void {
  if (state.tokens.length >= MAX_TOKENS) throw new ReadError('too many tokens');
  state.tokens.push({ kind, value, spaced: state.spaced, ...(upright ? { upright } : {}) });
  state.spaced = false;
}

function readNumber(state: State): boolean {
  const take = (raw: string, value: string): true => {
    push(state, 'number', value);
    state.position += raw.length;
    return true;
  };
  const european = match(state, NUMBERS.european);
  if (european) return take(european, european.replaceAll('.', '').replace(',', '.'));
  const braced = match(state, NUMBERS.braced);
  if (braced) return take(braced, braced.replaceAll('{,}', ''));
  const decimal = match(state, NUMBERS.bracedDecimal);
  if (decimal) return take(decimal, decimal.replace('{,}', '.'));
  const comma = !state.open.includes(true) || state.groups ? match(state, NUMBERS.comma) : null;
  if (comma && !comma.startsWith('0')) return take(comma, comma.replaceAll(',', ''));
  const spaced = match(state, NUMBERS.spaced);
  if (spaced && !spaced.startsWith('0')) return take(spaced, spaced.replaceAll(' ', ''));
  const scientific = match(state, NUMBERS.scientific);
  if (scientific) return take(scientific, scientific.toLowerCase());
  const plain = match(state, NUMBERS.plain);
  return plain !== null && take(plain, plain);
}

/** A run of letters in mathematics: function, constant, unit, word, or variables side by side. */
function readLetters(state: State, run: string): void {
  const previous = state.tokens.at(-1);
  const afterNumber = previous?.kind === 'number' || previous?.kind === 'unit';
  const lower = run.toLowerCase();
  if (pushOperation(state, lower)) return;
  if (Object.hasOwn(SEPARATOR_WORDS, lower)) push(state, 'separator', SEPARATOR_WORDS[lower]!);
  else if (FUNCTIONS.has(lower) && run.length > 1) push(state, 'function', lower);
  else if (Object.hasOwn(CONSTANT_WORDS, lower)) push(state, 'command', CONSTANT_WORDS[lower]!);
  else if (lower === 'in' && !afterNumber) push(state, 'command', 'in');
  else if (lower === 'per') push(state, 'sign', '/');
  else if (lower === 'to' && afterNumber) push(state, 'sign', ':');
  else if (lower === 'union') push(state, 'command', 'cup');
  else if (run.length > 1 && /^U+$/.test(run)) push(state, 'command', 'cup');
  else if (run === 'U' && (previous?.value === ')' || previous?.value === ']')) push(state, 'command', 'cup');
  else if (run.length === 1) readLetter(state, run, afterNumber);
  else if (isKnownUnit(unitName(run)) && (afterNumber || run.length > 3)) push(state, 'unit', unitName(run));
  else if (run.length > 3 && state.text[state.position] === '(') {
    throw new ReadError(`the function ${run} is not known`);
  } else if (NAMED_QUANTITIES.test(run) && state.text[state.position] === '(') {
    throw new ReadError(`${run} is not read`);
  } else if (run.length > 3 || /^[A-Z]+$/.test(run)) push(state, run.length > 3 ? 'word' : 'symbol', run);
  else for (const letter of run) push(state, 'symbol', letter);
}

/** A word that is a sign where it stands: "negative 5", "7 times 3", "5 squared". */
function pushOperation(state: State, word: string): boolean {
  if (word.length < 4) return false;
  const next = state.text.slice(state.position, state.position + 3).trimStart();
  if (Object.hasOwn(PREFIX_WORDS, word) && /^(?:[\d\\(.$]|[A-Za-z](?![A-Za-z]))/.test(next)) {
    push(state, 'sign', PREFIX_WORDS[word]!);
  } else if (Object.hasOwn(SUFFIX_WORDS, word) && !/^[A-Za-z]/.test(next)) {
    const [sign, exponent] = SUFFIX_WORDS[word]!;
    push(state, 'sign', sign!);
    if (exponent !== undefined) push(state, 'number', exponent);
  } else return false;
  return true;
}

/** A word in letters other than Latin ones: 5万元 is 5 × 10⁴ yuan. */
function pushForeign(state: State, run: string): void {
  if (Object.hasOwn(SEPARATOR_WORDS, run)) push(state, 'separator', SEPARATOR_WORDS[run]!);
  else {
    const scale = MYRIADS.exec(run)?.[0] ?? '';
    if (scale !== '') push(state, 'word', scale);
    if (run.length > scale.length) push(state, 'word', run.slice(scale.length));
  }
}

/** Single letters are variables; after a number that begins its item, and a space, those of common units are units. */
function readLetter(state: State, letter: string, afterNumber: boolean): void {
  const [previous, before] = [state.tokens.at(-1), state.tokens.at(-2)];
  const measured = previous?.kind === 'unit' || previous?.kind === 'word';
  if (letter === 'a' && measured && state.spaced && /^ [a-z]{2}/.test(state.text.slice(state.position))) {
    push(state, 'sign', '/'); // 540 meters a week
    return;
  }
  const perUnit = previous?.value === '/' && before?.kind === 'unit';
  const begins = before === undefined || before.kind === 'separator' || /^[-+=/$]$/.test(before.value);
  const quantity = afterNumber && state.spaced && (begins || before.kind === 'unit');
  const unit = /[mgshL]/.test(letter) && (quantity || perUnit);
  push(state, unit ? 'unit' : 'symbol', unit ? unitName(letter) : letter);
}

/** The inside of a braced group that begins at `position`, or null where there is none. */
function group(state: State): string | null {
  while (state.text[state.position] === ' ') state.position += 1;
  if (state.text[state.position] !== '{') return null;
  let depth = 0;
  for (let i = state.position; i < state.text.length; i += 1) {
    const sign = state.text[i];
    if (sign === '\\') i += 1;
    else if (sign === '{') depth += 1;
    else if (sign === '}') {
      depth -= 1;
      if (depth === 0) {
        const inside = state.text.slice(state.position + 1, i);
        state.position = i + 1;
        return inside;
      }
    }
  }
  throw new ReadError('unbalanced braces');
}

/** `\text{…}`: words, units, or upright mathematics such as `\mathrm{e}` and `\text{A}`. */
function readUpright(state: State, command: string): void {
  const inside = group(state) ?? '';
  const name = inside.trim();
  if (command === 'operatorname' && /^[A-Za-z]{2,}$/.test(name) && !isReadName(name)) {
    throw new ReadError(`the operator ${name} is not known`);
  }
  if (/[\d\\$^_=+*<>(){}]/.test(inside)) {
    for (const token of tokenize(inside.replaceAll('$', ' '))) {
      state.spaced ||= token.spaced;
      if (token.kind === 'symbol') pushWord(state, token.value);
      else push(state, token.kind, token.value, true);
    }
    return;
  }
  for (const part of inside.split(/([\s,;/.:-]+)/)) {
    if (part === '') continue;
    const sign = part.trim();
    if (sign === '/') push(state, 'sign', '/');
    else if (/^[,;]/.test(sign)) push(state, 'separator', ',');
    else if (sign === '' || /^[.:-]/.test(sign)) state.spaced = true;
    else pushWord(state, part);
  }
  state.spaced = true;
}

/** An upright word. A single letter is a unit only where a quantity goes on: after a number, a unit, or a slash. */
function pushWord(state: State, word: string): void {
  const lower = word.toLowerCase();
  const [previous, before] = [state.tokens.at(-1), state.tokens.at(-2)];
  const measured = [previous, previous?.value === '/' ? before : undefined].some(
    (token) =>
      token?.kind === 'number' || token?.kind === 'unit' || token?.value === '}' || token?.value === ')',
  );
  const unit = isKnownUnit(unitName(word)) && (word.length > 1 || measured);
  if (pushOperation(state, lower)) return;
  if (Object.hasOwn(SEPARATOR_WORDS, lower)) push(state, 'separator', SEPARATOR_WORDS[lower]!, true);
  else if (lower === 'per') push(state, 'sign', '/');
  else if (lower === 'to' && measured) push(state, 'sign', ':');
  else if (FUNCTIONS.has(lower)) push(state, 'function', lower);
  else if (unit) push(state, 'unit', unitName(word), true);
  else if (/^[^\p{ASCII}]/u.test(word)) pushForeign(state, word);
  else push(state, word.length === 1 ? 'symbol' : 'word', word, true);
}

function readCommand(state: State): void {
  const whole = match(state, COMMAND);
  if (whole === null) throw new ReadError('a backslash at the end');
  state.position += whole.length;
  const name = whole.slice(1);
  if (name === 'begin' || name === 'end') push(state, 'command', `${name}:${group(state) ?? ''}`);
  else if (name === 'operatorname' && state.text[state.position] === '*') state.position += 1;
  else if (UPRIGHT.has(name)) readUpright(state, name);
  else if (TRANSPARENT.has(name)) state.spaced ||= false;
  else if (FUNCTIONS.has(name) && name !== 'sqrt') push(state, 'function', name);
  else if (name === '{' || name === '}') {
    if (name === '{') state.open.push(true);
    else state.open.pop();
    push(state, 'command', name);
  } else push(state, 'command', name);
}

function readOne(state: State): void {
  const sign = state.text[state.position]!;
  if (sign === ' ') {
    state.spaced = true;
    state.position += 1;
  } else if (sign === '\\') readCommand(state);
  else if (/[\d.]/.test(sign) && readNumber(state)) return;
  else if (/[A-Za-z]/.test(sign)) {
    const run = match(state, LETTERS)!;
    state.position += run.length;
    readLetters(state, run);
  } else if (/\p{L}/u.test(sign)) {
    const run = match(state, FOREIGN_WORD)!;
    state.position += run.length;
    pushForeign(state, run);
  } else {
    if ('([{'.includes(sign)) state.open.push(sign !== '{' || opensSet(state.tokens.at(-1)));
    if (')]}'.includes(sign)) state.open.pop();
    state.position += 1;
    push(state, sign === ',' || sign === ';' ? 'separator' : 'sign', sign === ';' ? ',' : sign);
  }
}

/**
 * Whether commas inside brackets group thousands: some group is written 1,000 (no list holds the item 000), or the
 * list's own commas are set apart by a space.
 */
function groupsThousands(text: string): boolean {
  return /\d,0\d\d(?!\d)/.test(text) || (/\d,\d{3}(?!\d)/.test(text) && /[\d)}\]], /.test(text));
}

/** Whether a brace after this token opens a set and not an argument. */
function opensSet(previous: Token | undefined): boolean {
  return previous === undefined || previous.kind === 'separator' || /^(?:=|in|cup|cap)$/.test(previous.value);
}

/** The tokens of a normalised answer. Throws ReadError. */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw new ReadError('too long');
  const state: State = {
    text,
    tokens: [],
    position: 0,
    spaced: false,
    open: [],
    groups: groupsThousands(text),
  };
  while (state.position < text.length) readOne(state);
  return state.tokens;
}
