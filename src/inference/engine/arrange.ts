/** @file Sequences of one block each, moved into the first blocks: where these follow one another they are read in place. */
import type { BlockCopy, ModelCache } from '../../models/index.ts';
import type { CachedTokens } from './cache.ts';
import type { Begun, Roster } from './roster.ts';

/** Makes the blocks of sequences of one block each follow one another from block 0 on, and sorts them by it. */
export function arrange(sequences: Begun[], roster: Roster, cache: ModelCache): void {
  const count = sequences.length;
  const isOutside = ({ cached }: Begun): boolean => cached.blocks[0]! >= count;
  if (sequences.some(isOutside)) moveInto(sequences.filter(isOutside), sequences, roster, cache);
  sequences.sort((a, b) => a.cached.blocks[0]! - b.cached.blocks[0]!);
}

/** Moves sequences that lie behind the others into the first blocks that none of them holds. */
function moveInto(outside: Begun[], sequences: readonly Begun[], roster: Roster, cache: ModelCache): void {
  const holders = roster.holders();
  const own = new Set<CachedTokens>(sequences.map(({ cached }) => cached));
  const copies: BlockCopy[] = [];
  for (let block = 0; outside.length > 0; block++) {
    const holder = holders.get(block);
    if (holder !== undefined && own.has(holder)) continue;
    const moved = outside.pop()!.cached;
    const from = moved.blocks[0]!;
    copies.push({ from, to: block, tokens: moved.computed });
    if (holder === undefined) roster.pool.move(from, block);
    else {
      copies.push({ from: block, to: from, tokens: holder.computed });
      holder.blocks[0] = from;
    }
    moved.blocks[0] = block;
  }
  cache.copy(copies);
}
