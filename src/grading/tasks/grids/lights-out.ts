/**
 * @file Lights out: which buttons to press so that all lamps are off; a press switches a lamp and its neighbours.
 *
 * The generator presses random buttons on a dark board. The solver eliminates over GF(2): one equation a lamp.
 */

import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { readWords } from '../read.ts';
import { DIRECTIONS, step } from '../search/search.ts';

/** Side of the board and buttons pressed of each level. */
const LEVELS = [
  { side: 3, presses: 2 },
  { side: 3, presses: 4 },
  { side: 4, presses: 5 },
  { side: 5, presses: 7 },
  { side: 6, presses: 12 },
] as const;

/** The lamps one button switches. */
function switched(button: number, side: number): number[] {
  const around = DIRECTIONS.map((direction) => step(button, direction, side, side));
  return [button, ...around.filter((lamp) => lamp !== null)];
}

function press(lamps: readonly boolean[], buttons: Iterable<number>, side: number): boolean[] {
  const now = [...lamps];
  for (const button of buttons) for (const lamp of switched(button, side)) now[lamp] = !now[lamp];
  return now;
}

/** One solution of the equations and, where there are more, a second; none where there is none. Rows are bit sets. */
function eliminated(lamps: readonly boolean[], side: number): number[][] {
  const count = lamps.length;
  const rhs = 1n << BigInt(count);
  const bit = (i: number) => 1n << BigInt(i);
  const rows = lamps.map((lit, lamp) =>
    switched(lamp, side).reduce((row, button) => row | bit(button), lit ? rhs : 0n),
  );
  const pivots: number[] = [];
  for (let column = 0; column < count; column++) {
    const from = pivots.length;
    const at = rows.findIndex((row, i) => i >= from && (row & bit(column)) !== 0n);
    if (at === -1) continue;
    [rows[from], rows[at]] = [rows[at]!, rows[from]!];
    const pivot = rows[from];
    rows.forEach((row, i) => {
      if (i !== from && (row & bit(column)) !== 0n) rows[i] = row ^ pivot;
    });
    pivots.push(column);
  }
  if (rows.slice(pivots.length).some((row) => row !== 0n)) return [];
  const free = Array.from({ length: count }, (_, i) => i).find((column) => !pivots.includes(column));
  const solution = (chosen: number | undefined) => {
    const one = chosen === undefined ? 0n : bit(chosen);
    const pressed = pivots.filter((_, i) => ((rows[i]! & rhs) !== 0n) !== ((rows[i]! & one) !== 0n));
    return chosen === undefined ? pressed : [...pressed, chosen].sort((a, b) => a - b);
  };
  return free === undefined ? [solution(undefined)] : [solution(undefined), solution(free)];
}

const LETTERS = 'ABCDEF';
const nameOf = (cell: number, side: number) => `${LETTERS[cell % side]}${Math.floor(cell / side) + 1}`;
const answerOf = (buttons: readonly number[], side: number) =>
  buttons.map((button) => nameOf(button, side)).join(', ');

/** The cells an answer names, or null where it names anything else. */
function readCells(answer: string, side: number): number[] | null {
  const cells = readWords(plainAnswer(answer, 2000))?.map((word) => {
    const match = /^([a-f])([1-6])$/u.exec(word);
    const column = match === null ? side : LETTERS.toLowerCase().indexOf(match[1]!);
    const row = match === null ? side : Number(match[2]) - 1;
    return column >= side || row >= side ? -1 : row * side + column;
  });
  return cells === undefined || cells.includes(-1) ? null : cells;
}

/** Lights out. */
export const lightsOut: TaskFamily = {
  name: 'lights-out',
  description: 'Find the buttons that switch off all lamps of a board.',
  levels: LEVELS.length,
  unique: false,
  generate(random, level) {
    const { side, presses } = atLevel(LEVELS, level);
    for (;;) {
      const cells = Array.from({ length: side * side }, (_, i) => i);
      const buttons = random
        .shuffle(cells)
        .slice(0, presses)
        .sort((a, b) => a - b);
      const lamps = press(
        cells.map(() => false),
        buttons,
        side,
      );
      // Some sets of buttons undo themselves on boards of side 4 and 5.
      if (!lamps.includes(true)) continue;
      const columns = LETTERS.slice(0, side).split('').join(' ');
      const rows = Array.from({ length: side }, (_, row) => {
        const states = lamps.slice(row * side, (row + 1) * side).map((lit) => (lit ? '1' : '0'));
        return `${row + 1} ${states.join(' ')}`;
      });
      const text =
        `On this board 1 is a lamp that is on, 0 one that is off; columns have letters and rows have numbers.\n` +
        `  ${columns}\n${rows.join('\n')}\n` +
        'Pressing a cell switches its lamp and those directly above, below, left and right of it. Which cells must be ' +
        'pressed to switch all lamps off? Answer with the cells, such as A1 or C2, separated by commas.';
      return { text, answer: answerOf(buttons, side), meta: { side, lamps, size: side * side + presses } };
    }
  },
  score(answer, { meta }) {
    const side = meta.side as number;
    const cells = readCells(answer, side);
    return cells !== null && !press(meta.lamps as boolean[], cells, side).includes(true) ? 1 : 0;
  },
  solve({ meta }) {
    const side = meta.side as number;
    return eliminated(meta.lamps as boolean[], side).map((buttons) => answerOf(buttons, side));
  },
};
