/**
 * @file The name a person most likely meant: least edit distance (Levenshtein 1966), case ignored.
 */

/** The candidate nearest to `name`, or null when none is near enough to be a slip of the hand. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  const written = name.toLowerCase();
  let best: string | null = null;
  let least = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const distance = other.startsWith(written) && written.length > 2 ? 1 : editDistance(written, other);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** `did you mean "steps"?`, or the whole choice when nothing is near. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  if (near !== null) return `did you mean "${near}"?`;
  return candidates.length === 0 ? 'there is none' : `there is ${candidates.map((c) => `"${c}"`).join(', ')}`;
}

/** Least number of insertions, deletions and substitutions that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}
