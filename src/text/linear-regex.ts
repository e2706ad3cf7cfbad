/**
 * @file Worst-case cost of a regular expression of a tokenizer.json: linear in the text, a power of its length, or no bound
 * that is known.
 *
 * The test is one-sided: it knows forms that are linear, those of the published tokenizers among them. A branch is linear
 * if a part of bounded length comes first, then at most one repetition without a bound, then only what may be left out:
 * nothing behind the repetition can fail, so that no length of it is tried twice.
 * A branch that may fail after a long repetition is linear only together with a later branch that takes the same run.
 */

/** Most ways in which the bounded part of a branch may be tried. */
const MOST_WAYS = 4096;
/** Longest repetition that counts as bounded. */
const LONGEST_REPETITION = 64;

const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const CONTRACTIONS = ["(?i:'s|'t|'re|'ve|'m|'ll|'d)?", ''];

/** Branches that may fail after a long run, and the branch that takes that run then. */
const COMPANIONS: ReadonlyMap<string, string> = new Map([
  // GPT-2 and after: white space before the last blank of a run, and up to a line end.
  ['\\s+(?!\\S)', '\\s+'],
  ['\\s*[\\r\\n]+', '\\s+'],
  ['\\s*[\\r\\n]', '\\s+'],
  // GPT-4o and Mistral's Tekken: words cut where capitals follow small letters.
  ...CONTRACTIONS.map((end): [string, string] => [
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${end}`,
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${end}`,
  ]),
]);

/** At most `ways` × n^`degree` steps for a text of n characters, roughly. */
export interface RegexCost {
  readonly ways: number;
  readonly degree: number;
}

/** What a search for the pattern may cost. A pattern of another form than is known here may cost anything. */
export function costOf(pattern: string): RegexCost {
  if (isLinear(pattern)) return { ways: 1, degree: 1 };
  let [ways, degree] = [0, 1];
  for (const branch of branchesOf(pattern) ?? [null]) {
    let [own, repeated] = [1, 0];
    for (const atom of branch === null ? [null] : atomsOf(branch)) {
      if (atom === null) return { ways: Infinity, degree: Infinity };
      if (atom.ways === Infinity) repeated += 1;
      else own *= atom.ways;
    }
    ways += own;
    // Each place is a beginning, and each repetition may end at any place after it.
    degree = Math.max(degree, repeated + 1);
  }
  return { ways, degree };
}

/** Whether a search for the pattern through a text is known to take time in proportion to the text's length. */
export function isLinear(pattern: string): boolean {
  const branches = branchesOf(pattern);
  return (
    branches?.every((branch, at) => {
      const companion = COMPANIONS.get(branch);
      return isLinearBranch(branch) || (companion !== undefined && branches.indexOf(companion, at) > at);
    }) ?? false
  );
}

function isLinearBranch(branch: string): boolean {
  let repeated = false;
  let ways = 1;
  for (const atom of atomsOf(branch)) {
    if (atom === null) return false;
    if (repeated && !atom.nullable) return false;
    if (repeated) continue;
    if (atom.ways === Infinity) repeated = true;
    else ways *= atom.ways;
    if (ways > MOST_WAYS) return false;
  }
  return true;
}

interface Atom {
  /** Ways to match it at one place; Infinity for a single character repeated without a bound. */
  readonly ways: number;
  /** It may be left out. */
  readonly nullable: boolean;
}

/** A character, a class or an assertion of one place; no reference to a group. */
const CHARACTER =
  /\\[pP]\{[^}]*\}|\\u\{[\da-f]+\}|\\u[\da-f]{4}|\\x[\da-f]{2}|\\[^pPukgGxX\d]|\[\^?(?:\\.|[^\]\\[])+\]|[^\\()[\]{}*+?|]/iuy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})[?+]?/y;

/** What a branch is made of; null stands for a part that is not known to be harmless, and is the last. */
function* atomsOf(branch: string): Generator<Atom | null> {
  for (let at = 0; at < branch.length; ) {
    const end = branch[at] === '(' ? endOfGroup(branch, at) : matchEnd(CHARACTER, branch, at);
    if (end < 0) {
      yield null;
      return;
    }
    QUANTIFIER.lastIndex = end;
    const quantifier = QUANTIFIER.exec(branch);
    const inner = branch[at] === '(' ? waysOfGroup(branch.slice(at, end), quantifier?.[0]) : 1;
    const atom = inner === null ? null : quantified(inner, quantifier);
    yield atom;
    if (atom === null) return;
    at = end + (quantifier?.[0].length ?? 0);
  }
}

function quantified(inner: number, quantifier: RegExpExecArray | null): Atom | null {
  if (quantifier === null) return { ways: inner, nullable: false };
  const [, sign, least, comma, most] = quantifier;
  if (sign === '?') return { ways: inner + 1, nullable: true };
  if (sign !== undefined) return { ways: Infinity, nullable: sign === '*' };
  const from = Number(least);
  const to = comma === undefined ? from : most === '' ? Infinity : Number(most);
  if (to === Infinity) return { ways: Infinity, nullable: from === 0 };
  return from > to || to > LONGEST_REPETITION ? null : { ways: to - from + 1, nullable: from === 0 };
}

/** Ways to match a group without repetitions that have no bound; null where it has some, or is repeated itself. */
function waysOfGroup(group: string, quantifier: string | undefined): number | null {
  if (quantifier !== undefined && quantifier !== '?') return null;
  const branches = branchesOf(group.replace(/^\((?:\?(?:[ims]*:|<?[=!]))?/, '').slice(0, -1));
  if (branches === null) return null;
  let sum = 0;
  for (const branch of branches) {
    let ways = 1;
    for (const atom of atomsOf(branch)) {
      if (atom === null || atom.ways === Infinity) return null;
      ways *= atom.ways;
    }
    sum += ways;
  }
  return sum;
}

/** The branches between the outermost bars; null where brackets do not match. */
function branchesOf(pattern: string): string[] | null {
  const branches: string[] = [];
  let start = 0;
  for (let at = 0; at < pattern.length; ) {
    if (pattern[at] === '|') {
      branches.push(pattern.slice(start, at));
      start = at + 1;
    }
    const end = pattern[at] === '(' ? endOfGroup(pattern, at) : stepOver(pattern, at);
    if (end < 0) return null;
    at = end;
  }
  return [...branches, pattern.slice(start)];
}

/** Past the bracket that closes the group opened at `start`; -1 where none does. */
function endOfGroup(pattern: string, start: number): number {
  let depth = 0;
  for (let at = start; at >= 0 && at < pattern.length; ) {
    if (pattern[at] === '(') depth += 1;
    if (pattern[at] === ')' && --depth === 0) return at + 1;
    at = pattern[at] === '(' || pattern[at] === ')' ? at + 1 : stepOver(pattern, at);
  }
  return -1;
}

/** Past one sign: an escaped one and a class are one. -1 for a class that is not closed and a bracket too many. */
function stepOver(pattern: string, at: number): number {
  if (pattern[at] === ')') return -1;
  if (pattern[at] === '\\') return at + 2;
  return pattern[at] === '[' ? matchEnd(CHARACTER, pattern, at) : at + 1;
}

function matchEnd(regex: RegExp, text: string, at: number): number {
  regex.lastIndex = at;
  return regex.test(text) ? regex.lastIndex : -1;
}
