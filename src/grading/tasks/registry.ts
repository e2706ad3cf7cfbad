/**
 * @file The task families by name. A new family is one file, its test, and one line in `FAMILIES`.
 *
 * The conformance suite (conformance.test.ts) runs over this list, and docs/tasks.md is compared with it.
 */
import { arithmetic } from './arithmetic/arithmetic.ts';
import { baseConversion } from './arithmetic/base-conversion.ts';
import { bitOperations } from './arithmetic/bit-operations.ts';
import { calendar } from './arithmetic/calendar.ts';
import { chineseRemainder } from './arithmetic/chinese-remainder.ts';
import { clock } from './arithmetic/clock.ts';
import { combinatorics } from './arithmetic/combinatorics.ts';
import { fractions } from './arithmetic/fractions.ts';
import { gcdLcm } from './arithmetic/gcd-lcm.ts';
import { linearEquation } from './arithmetic/linear-equation.ts';
import { linearSystem } from './arithmetic/linear-system.ts';
import { matrixOperations } from './arithmetic/matrix-operations.ts';
import { modularArithmetic } from './arithmetic/modular-arithmetic.ts';
import { numberSequence } from './arithmetic/number-sequence.ts';
import { polynomialEvaluation } from './arithmetic/polynomial-evaluation.ts';
import { polynomialExpansion } from './arithmetic/polynomial-expansion.ts';
import { polynomialRoots } from './arithmetic/polynomial-roots.ts';
import { primeFactorization } from './arithmetic/prime-factorization.ts';
import { probability } from './arithmetic/probability.ts';
import { romanNumerals } from './arithmetic/roman-numerals.ts';
import { unitConversion } from './arithmetic/unit-conversion.ts';
import { wordProblem } from './arithmetic/word-problem.ts';
import type { TaskFamily } from './family.ts';
import { binaryPuzzle } from './grids/binary-puzzle.ts';
import { cellularAutomaton } from './grids/cellular-automaton.ts';
import { gameOfLife } from './grids/game-of-life.ts';
import { gridPathCost } from './grids/grid-path-cost.ts';
import { gridTransform } from './grids/grid-transform.ts';
import { lightsOut } from './grids/lights-out.ts';
import { maze } from './grids/maze.ts';
import { nQueens } from './grids/n-queens.ts';
import { sudoku4, sudoku9 } from './grids/sudoku.ts';
import { booleanEvaluation } from './logic/boolean-evaluation.ts';
import { familyRelations } from './logic/family-relations.ts';
import { knightsAndKnaves } from './logic/knights-and-knaves.ts';
import { satisfiability } from './logic/satisfiability.ts';
import { setOperations } from './logic/set-operations.ts';
import { syllogism } from './logic/syllogism.ts';
import { vennCounting } from './logic/venn-counting.ts';
import { zebra } from './logic/zebra.ts';
import { listFunctions } from './programs/list-functions.ts';
import { programTrace } from './programs/program-trace.ts';
import { coinChange } from './search/coin-change.ts';
import { countdown } from './search/countdown.ts';
import { courseOrder } from './search/course-order.ts';
import { courseTerms } from './search/course-terms.ts';
import { game24 } from './search/game24.ts';
import { graphComponents } from './search/graph-components.ts';
import { towerOfHanoi } from './search/tower-of-hanoi.ts';
import { waterJugs } from './search/water-jugs.ts';
import { caesarCipher, substitutionCipher, vigenereCipher } from './strings/cipher.ts';
import { groupAnagrams } from './strings/group-anagrams.ts';
import { letterCounting } from './strings/letter-counting.ts';
import { palindrome } from './strings/palindrome.ts';
import { numberSorting, wordSorting } from './strings/sorting.ts';
import { spellBackward } from './strings/spell-backward.ts';
import { stringManipulation } from './strings/string-manipulation.ts';

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
