/** @file Words after a number: those that multiply it, those that divide it, and units of the answer's own. */
import { type Node, whole } from './node.ts';

/** Words that multiply the number before them. */
const SCALES: Readonly<Record<string, bigint>> = {
  dozen: 12n, hundred: 100n, thousand: 1000n, million: 10n ** 6n, billion: 10n ** 9n, trillion: 10n ** 12n,
  quadrillion: 10n ** 15n, lakh: 10n ** 5n, crore: 10n ** 7n, 百: 100n, 千: 1000n,
  万: 10n ** 4n, 十万: 10n ** 5n, 百万: 10n ** 6n, 千万: 10n ** 7n, 亿: 10n ** 8n, 十亿: 10n ** 9n, 百亿: 10n ** 10n, 千亿: 10n ** 11n,
}; // biome-ignore format: a table

/** Words for parts: 5 halves, 3 tenths. Quarters are not among them: they are coins, and parts of a year. */
const PARTS: Readonly<Record<string, bigint>> = {
  half: 2n, halve: 2n, third: 3n, fourth: 4n, fifth: 5n, sixth: 6n, seventh: 7n, eighth: 8n, ninth: 9n, tenth: 10n, twelfth: 12n,
  hundredth: 100n, thousandth: 1000n, millionth: 10n ** 6n, billionth: 10n ** 9n,
}; // biome-ignore format: a table

/** The node of a word that is no unit of the table. */
export function wordNode(word: string): Node {
  const lower = word.toLowerCase().replace(/s$/, '');
  if (Object.hasOwn(SCALES, lower)) return whole(SCALES[lower]!);
  if (Object.hasOwn(PARTS, lower))
    return { kind: 'number', value: { n: 1n, d: PARTS[lower]! }, precision: null };
  return { kind: 'unit', name: `word:${word}` };
}
