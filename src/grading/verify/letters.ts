/**
 * @file The letter of a multiple choice that a response settles on.
 *
 * A letter counts by how it is said, the strongest way first: announced ("the answer is B", 故选B) or affirmed ("B is
 * correct"), named as an option, in brackets, at the start of a line. The last one of the strongest way counts. A letter
 * that is denied ("not (A)", "(A) is wrong") is passed over; one given beside another ("A or B") settles nothing.
 */

/** Characters at the end that are searched. */
const TAIL = 2000;

/** What may wrap a letter: bold, brackets, LaTeX. */
const WRAP = '(?:\\\\(?:boxed|text|textbf|mathbf|mathrm)\\s*\\{|[\\s*$({"\'`])*';
const LETTER = `${WRAP}([A-J]|(?<=\\()[a-j](?=\\)))(?![A-Za-z'’])`;
const PHRASE =
  '\\b(?:[Aa]nswer|ANSWER|[Cc]hoice|[Oo]ption)\\*{0,2}\\s*(?:(?:is|are|would be|should be|must be|:|=)\\*{0,2}\\s*)+' +
  '(?:(?:therefore|thus|clearly|[Oo]ption|[Cc]hoice)\\s+)*' +
  '|####|答案(?:应该?)?[是为选]?:?|[故应]?选(?:择|项)?:?|\\b(?:choose|select|pick)\\s+(?:(?:option|choice|answer)\\s+)?';

/** The ways of saying a letter, the strongest first. */
const WAYS: readonly RegExp[] = [
  new RegExp(
    `(?:${PHRASE})${LETTER}|(?<![A-Za-z\\\\])([A-J])[)}*\`"'\\s$]{1,6}(?:is|must be)\\s+(?:(?:the|indeed|clearly)\\s+)*(?:correct|right|true|best|answer)\\b|(?<![A-Za-z])([A-J])\\)?\\s*(?:项?是?正确|项?是对)`,
    'dg',
  ),
  new RegExp(`(?:[Oo]ption|[Cc]hoice|[Aa]nswer|\\bis|:|[是为])${LETTER}`, 'dg'),
  /\(([A-J])\)/dg,
  /^[\s*#>$]*([A-J])(?:[.):,;]|\*{0,2}\s*$|\s+(?:[-–—]|because\b|since\b|not\b|rather\b))/dgm,
];

/** What denies a letter right before and after it. */
const DENIED_BEFORE =
  /(?:\bnot|n't|rather than|instead of|unlike|except|exclude|eliminate|rule out|不是?选?|排除|而非)\s*(?:(?:option|choice|answer)\s+)?[\s*$({"'`]*$/i;
const DENIED_AFTER =
  /^[)}*`"'\s$]*(?:(?:is|are|was|would be|seems?)\s+(?:(?:also|clearly|obviously)\s+)?(?:not|wrong|incorrect|false|tempting|too)\b|isn't|can't|cannot|是?错|不正确|不对)/;
/** Another letter beside it. */
const ANOTHER_AFTER =
  /^[)}*`"'\s$]*(?:[,/&、]|and\b|or\b|或|和)\s*(?:(?:and|or)\s+)?[\s*$({"'`]*[A-J](?![A-Za-z'’])/;
const ANOTHER_BEFORE =
  /(?<![A-Za-z])[A-J][)}*`"'\s$]*(?:[,/&、]\s*(?:(?:and|or)\s+)?|and\s+|or\s+|或|和)[*$({"'`]*$/;
/** A letter that is a word where it stands: "A car moves", "I think". */
const WORD_AFTER =
  /^\s+(?!(?:because|since|as|for|due|not|rather|instead|but|given|based|is|are|and|or|with|by|from|which|where)\b)[a-z]/;

/** The letter a response ends on, in upper case; null where it settles on none. */
export function finalLetter(response: string): string | null {
  const text = response.slice(-TAIL).normalize('NFKC');
  for (const way of WAYS) {
    let last: { letter: string; hedged: boolean } | null = null;
    for (const match of text.matchAll(way)) {
      const group = match.findIndex((part, i) => i > 0 && part !== undefined);
      const [start, end] = match.indices![group]!;
      const letter = match[group]!;
      const [before, after] = [text.slice(Math.max(0, start - 40), start), text.slice(end, end + 60)];
      if (DENIED_BEFORE.test(before) || DENIED_AFTER.test(after)) continue;
      if ((letter === 'A' || letter === 'I') && WORD_AFTER.test(after)) continue;
      last = {
        letter: letter.toUpperCase(),
        hedged: ANOTHER_AFTER.test(after) || ANOTHER_BEFORE.test(before),
      };
    }
    if (last !== null) return last.hedged ? null : last.letter;
  }
  return null;
}
