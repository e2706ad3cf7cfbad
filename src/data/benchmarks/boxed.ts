/** @file The last `\boxed{…}` of a worked solution, braces inside it matched. */

const OPENS = /\\(?:boxed|fbox)\s*\{/gu;
const BARE = /\\boxed\s+([^\s$]+)/gu;

/** What the last complete `\boxed{…}` (or `\fbox{…}`) of `solution` holds, or null. `\boxed 5` counts as well. */
export function boxed(solution: string): string | null {
  const opens = [...solution.matchAll(OPENS)].reverse();
  for (const { index, 0: opening } of opens) {
    const inside = upToClosing(solution, index + opening.length);
    if (inside !== null) return inside;
  }
  return [...solution.matchAll(BARE)].at(-1)?.[1] ?? null;
}

function upToClosing(solution: string, start: number): string | null {
  let depth = 1;
  for (let at = start; at < solution.length; at++) {
    const character = solution[at];
    if (character === '\\') at += 1;
    else if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) return solution.slice(start, at);
  }
  return null;
}
