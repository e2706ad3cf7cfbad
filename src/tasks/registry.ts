/**
 * @file The task families by name. A new family is one file, its test, and one line in `FAMILIES`.
 *
 * The conformance suite (conformance.test.ts) runs over this list, and docs/tasks.md is compared with it.
 */
import { arithmetic } from './arithmetic.ts';
import { baseConversion } from './base-conversion.ts';
import { binaryPuzzle } from './binary-puzzle.ts';
import { bitOperations } from './bit-operations.ts';
import { booleanEvaluation } from './boolean-evaluation.ts';
import { calendar } from './calendar.ts';
import { cellularAutomaton } from './cellular-automaton.ts';
import { chineseRemainder } from './chinese-remainder.ts';
import { caesarCipher, substitutionCipher, vigenereCipher } from './cipher.ts';
import { clock } from './clock.ts';
import { coinChange } from './coin-change.ts';
import { combinatorics } from './combinatorics.ts';
import { countdown } from './countdown.ts';
import { courseOrder } from './course-order.ts';
import { courseTerms } from './course-terms.ts';
import type { TaskFamily } from './family.ts';
import { familyRelations } from './family-relations.ts';
import { fractions } from './fractions.ts';
import { gameOfLife } from './game-of-life.ts';
import { game24 } from './game24.ts';
import { gcdLcm } from './gcd-lcm.ts';
import { graphComponents } from './graph-components.ts';
import { gridPathCost } from './grid-path-cost.ts';
import { gridTransform } from './grid-transform.ts';
import { groupAnagrams } from './group-anagrams.ts';
import { knightsAndKnaves } from './knights-and-knaves.ts';
import { letterCounting } from './letter-counting.ts';
import { lightsOut } from './lights-out.ts';
import { linearEquation } from './linear-equation.ts';
import { linearSystem } from './linear-system.ts';
import { listFunctions } from './list-functions.ts';
import { matrixOperations } from './matrix-operations.ts';
import { maze } from './maze.ts';
import { modularArithmetic } from './modular-arithmetic.ts';
import { nQueens } from './n-queens.ts';
import { numberSequence } from './number-sequence.ts';
import { palindrome } from './palindrome.ts';
import { polynomialEvaluation } from './polynomial-evaluation.ts';
import { polynomialExpansion } from './polynomial-expansion.ts';
import { polynomialRoots } from './polynomial-roots.ts';
import { primeFactorization } from './prime-factorization.ts';
import { probability } from './probability.ts';
import { programTrace } from './program-trace.ts';
import { romanNumerals } from './roman-numerals.ts';
import { satisfiability } from './satisfiability.ts';
import { setOperations } from './set-operations.ts';
import { numberSorting, wordSorting } from './sorting.ts';
import { spellBackward } from './spell-backward.ts';
import { stringManipulation } from './string-manipulation.ts';
import { sudoku4, sudoku9 } from './sudoku.ts';
import { syllogism } from './syllogism.ts';
import { towerOfHanoi } from './tower-of-hanoi.ts';
import { unitConversion } from './unit-conversion.ts';
import { vennCounting } from './venn-counting.ts';
import { waterJugs } from './water-jugs.ts';
import { wordProblem } from './word-problem.ts';
import { zebra } from './zebra.ts';

/** All families, sorted by name. */
export const FAMILIES: readonly TaskFamily[] = [
  arithmetic,
  baseConversion,
  binaryPuzzle,
  bitOperations,
  booleanEvaluation,
  caesarCipher,
  calendar,
  cellularAutomaton,
  chineseRemainder,
  clock,
  coinChange,
  combinatorics,
  countdown,
  courseOrder,
  courseTerms,
  familyRelations,
  fractions,
  gameOfLife,
  game24,
  gcdLcm,
  graphComponents,
  gridPathCost,
  gridTransform,
  groupAnagrams,
  knightsAndKnaves,
  letterCounting,
  lightsOut,
  linearEquation,
  linearSystem,
  listFunctions,
  matrixOperations,
  maze,
  modularArithmetic,
  nQueens,
  numberSequence,
  numberSorting,
  palindrome,
  polynomialEvaluation,
  polynomialExpansion,
  polynomialRoots,
  primeFactorization,
  probability,
  programTrace,
  romanNumerals,
  satisfiability,
  setOperations,
  spellBackward,
  stringManipulation,
  substitutionCipher,
  sudoku4,
  sudoku9,
  syllogism,
  towerOfHanoi,
  unitConversion,
  vennCounting,
  vigenereCipher,
  waterJugs,
  wordProblem,
  wordSorting,
  zebra,
];

const BY_NAME = new Map(FAMILIES.map((family) => [family.name, family]));

/** Names of the families, for schemas and listings. */
export const FAMILY_NAMES: readonly string[] = FAMILIES.map(({ name }) => name);

/** The family of that name, or undefined. */
export function findFamily(name: string): TaskFamily | undefined {
  return BY_NAME.get(name);
}
