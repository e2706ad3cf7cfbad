/**
 * @file Measures of plain text that the rule rewards are made of. Each takes time linear in the text.
 */

const OPENING = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
  ['）', '（'],
  ['】', '【'],
  ['」', '「'],
]);
const CLOSERS = new Set(OPENING.values());

/** Whether every bracket closes the one opened last, and none is left open. */
export function isBalanced(text: string): boolean {
  const open: string[] = [];
  for (const sign of text) {
    if (CLOSERS.has(sign)) open.push(sign);
    else if (OPENING.has(sign) && open.pop() !== OPENING.get(sign)) return false;
  }
  return open.length === 0;
}

/** Whether fenced code blocks and display formulas are all closed. */
export function fencesAreClosed(text: string): boolean {
  const count = (mark: string) => text.split(mark).length - 1;
  return count('```') % 2 === 0 && count('$$') % 2 === 0;
}

/**
 * Share of the runs of `n` words that stood in the text before, 0..1: 0 where no run comes twice, near 1 in a loop.
 * Texts of fewer than `n` words repeat nothing.
 */
export function repetition(words: readonly string[], n: number): number {
  const runs = words.length - n + 1;
  if (runs < 1) return 0;
  const seen = new Set<string>();
  for (let i = 0; i < runs; i++) seen.add(words.slice(i, i + n).join('\u0000'));
  return 1 - seen.size / runs;
}

/** Length of the longest run of one word said again and again. */
export function longestRun(words: readonly string[]): number {
  let longest = 0;
  let run = 0;
  for (const [i, word] of words.entries()) {
    run = word === words[i - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Sentences: what stands between full stops, question and exclamation marks, and line ends; decimal points do not end one. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/[.!?](?=\s|$)|[。！？\n]/u)
    .map((part) => part.trim())
    .filter(Boolean);
}

/** Mean of some numbers; 1 for none. */
export function meanOf(parts: readonly number[]): number {
  return parts.length === 0 ? 1 : parts.reduce((sum, part) => sum + part, 0) / parts.length;
}
