/**
 * @file SentencePiece models of the kind BPE: pieces with scores ⇄ merges in an order.
 *
 * SentencePiece, and llama.cpp after it, joins the neighbours whose joined text is the piece with the highest score, the
 * leftmost first. tokenizer.json lists pairs, the first listed going first. So the pairs are all the ways to cut a piece into
 * two pieces, in the order of the pieces' scores; transformers makes its tokenizer.json of a SentencePiece model the
 * same way (convert_slow_tokenizer.py, generate_merges).
 */

/** A pair to be merged. */
export type Pair = readonly [left: string, right: string];

/** All ways to cut a piece into two of the vocabulary, by the ids of the halves. */
function cutsOf(piece: string, ids: ReadonlyMap<string, number>): Pair[] {
  const letters = Array.from(piece);
  const cuts: Pair[] = [];
  for (let at = 1; at < letters.length; at += 1) {
    const pair = [letters.slice(0, at).join(''), letters.slice(at).join('')] as const;
    if (ids.has(pair[0]) && ids.has(pair[1])) cuts.push(pair);
  }
  return cuts.sort((a, b) => ids.get(a[0])! - ids.get(b[0])! || ids.get(a[1])! - ids.get(b[1])!);
}

/**
 * The merges of pieces with scores.
 * @param ids - the pieces that can be merged, with their ids
 * @param scores - by id
 */
export function mergesOf(ids: ReadonlyMap<string, number>, scores: readonly number[]): Pair[] {
  const pieces = [...ids].toSorted((a, b) => scores[b[1]]! - scores[a[1]]! || a[1] - b[1]);
  return pieces.flatMap(([piece]) => cutsOf(piece, ids));
}

/**
 * The scores that give merges their order, by piece; null where no scores do: where a cut of a piece is missing, or the
 * cuts of one are not next to one another.
 */
export function scoresOf(
  merges: readonly Pair[],
  ids: ReadonlyMap<string, number>,
): Map<string, number> | null {
  const scores = new Map<string, number>();
  const counts = new Map<string, number>();
  let before: string | undefined;
  for (const [left, right] of merges) {
    const piece = left + right;
    if (piece !== before && scores.has(piece)) return null;
    if (piece !== before) scores.set(piece, -scores.size);
    counts.set(piece, (counts.get(piece) ?? 0) + 1);
    before = piece;
  }
  for (const piece of ids.keys()) {
    if (cutsOf(piece, ids).length !== (counts.get(piece) ?? 0)) return null;
  }
  return scores;
}
