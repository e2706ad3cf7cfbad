/** @file Names of people in puzzles: short, one spelling each, none a part of another. */
import type { Random } from '../../random.ts';

/** Names of women and men; puzzles without gender draw from both. */
export const WOMEN = [
  'Ada', 'Bea', 'Clara', 'Dora', 'Edith', 'Flora', 'Greta', 'Hanna', 'Ines', 'Julia', 'Karin', 'Lena', 'Maria', 'Nora',
  'Olga', 'Paula', 'Rosa', 'Sofia', 'Tilda', 'Vera',
] as const; // biome-ignore format: table

export const MEN = [
  'Anton', 'Boris', 'Carl', 'David', 'Erik', 'Felix', 'Georg', 'Hugo', 'Ivan', 'Jonas', 'Kurt', 'Leo', 'Max', 'Niels',
  'Otto', 'Peter', 'Rolf', 'Simon', 'Tom', 'Viktor',
] as const; // biome-ignore format: table

/** `count` different names in random order. */
export function drawPeople(random: Random, count: number): string[] {
  return random.shuffle([...WOMEN, ...MEN]).slice(0, count);
}
