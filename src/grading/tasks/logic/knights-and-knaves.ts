/**
 * @file Knights and knaves (Smullyan): knights only tell the truth, knaves only lie; who is which?
 *
 * Each inhabitant makes one statement. Statements are drawn for a random truth until only one assignment fits all of
 * them; the solver goes through all assignments.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';
import { drawPeople } from '../people.ts';

/** A statement about people by index. `form` says which of a and b it reads. */
type Statement = {
  readonly form: 'knight' | 'knave' | 'same' | 'different' | 'either' | 'both' | 'if' | 'count';
  readonly a: number;
  readonly b: number;
};

/** Whether a statement holds where `knights[i]` says who is a knight. */
function holds({ form, a, b }: Statement, knights: readonly boolean[]): boolean {
  const [x, y] = [knights[a]!, knights[b]!];
  switch (form) {
    case 'knight':
      return x;
    case 'knave':
      return !x;
    case 'same':
      return x === y;
    case 'different':
      return x !== y;
    case 'either':
      return x || !y;
    case 'both':
      return x && !y;
    case 'if':
      return !x || y;
    case 'count': // b is a number here
      return knights.filter((knight) => knight).length === b;
  }
}

function inWords({ form, a, b }: Statement, names: readonly string[]): string {
  const [x, y] = [names[a]!, names[b]!];
  switch (form) {
    case 'knight':
    case 'knave':
      return `${x} is a ${form}.`;
    case 'same':
      return `${x} and ${y} are of the same kind.`;
    case 'different':
      return `${x} and ${y} are of different kinds.`;
    case 'either':
      return `${x} is a knight, or ${y} is a knave, or both.`;
    case 'both':
      return `${x} is a knight and ${y} is a knave.`;
    case 'if':
      return `If ${x} is a knight, then ${y} is a knight.`;
    case 'count':
      return `Exactly ${b} of us ${b === 1 ? 'is a knight' : 'are knights'}.`;
  }
}

const SIMPLE = ['knight', 'knave', 'same', 'different'] as const;
const ALL = [...SIMPLE, 'either', 'both', 'if', 'count'] as const;

/** How many people there are, and which statements they make, of each level. */
const LEVELS = [
  { count: 2, forms: SIMPLE },
  { count: 3, forms: SIMPLE },
  { count: 4, forms: ALL },
  { count: 5, forms: ALL },
  { count: 7, forms: ALL },
] as const;

function statementOf(
  speaker: number,
  knights: readonly boolean[],
  forms: readonly Statement['form'][],
  random: Random,
) {
  const others = knights.map((_, i) => i).filter((i) => i !== speaker);
  for (;;) {
    const form = random.choice(forms);
    const a = random.choice(others);
    // In a pair the speaker may be meant too; a === b would say nothing.
    const rest = knights.map((_, i) => i).filter((i) => i !== a);
    const b = form === 'count' ? random.int(0, knights.length) : random.choice(rest);
    const statement = { form, a, b } as const;
    if (holds(statement, knights) === knights[speaker]) return statement;
  }
}

function assignments(statements: readonly Statement[], limit: number): boolean[][] {
  const found: boolean[][] = [];
  for (let bits = 0; bits < 2 ** statements.length && found.length < limit; bits++) {
    const knights = statements.map((_, i) => ((bits >> i) & 1) === 1);
    if (statements.every((statement, i) => holds(statement, knights) === knights[i])) found.push(knights);
  }
  return found;
}

const answerOf = (names: readonly string[], knights: readonly boolean[]) =>
  names.map((name, i) => `${name}: ${knights[i] ? 'knight' : 'knave'}`).join(', ');

/** Who is which by an answer's pairs `name: kind` or `name is a kind`; null where it holds anything else. */
function readKinds(answer: string): Map<string, boolean> | null {
  const kinds = new Map<string, boolean>();
  for (const piece of plainAnswer(answer, 2000)
    .toLowerCase()
    .split(/[,;\n]|\band\b/u)) {
    if (piece.trim() === '') continue;
    const match = /^([a-z]+)(?: ?[:=-]| is)(?: an?)? (knight|knave)\.?$/u.exec(
      piece.trim().replace(/\s+/gu, ' '),
    );
    if (match === null || kinds.has(match[1]!)) return null;
    kinds.set(match[1]!, match[2] === 'knight');
  }
  return kinds;
}

const metaOf = ({ meta }: Problem) => meta as unknown as { names: string[]; statements: Statement[] };

/** Knights and knaves. */
export const knightsAndKnaves: TaskFamily = {
  name: 'knights-and-knaves',
  description: 'Tell truth-tellers from liars by what they say of one another.',
  levels: LEVELS.length,
  unique: true,
  generate(random, level) {
    const { count, forms } = atLevel(LEVELS, level);
    for (;;) {
      const knights = Array.from({ length: count }, () => random.chance(0.5));
      const statements = knights.map((_, i) => statementOf(i, knights, forms, random));
      if (assignments(statements, 2).length !== 1) continue;
      const names = drawPeople(random, count);
      const text =
        'On an island live knights, who only tell the truth, and knaves, who only lie. You meet ' +
        `${names.slice(0, -1).join(', ')} and ${names.at(-1)}.\n` +
        statements.map((statement, i) => `${names[i]} says: "${inWords(statement, names)}"`).join('\n') +
        '\nWho is a knight and who is a knave? Answer with each name once, as "Name: knight" or "Name: knave", ' +
        'separated by commas.';
      return { text, answer: answerOf(names, knights), meta: { names, statements, size: count } };
    }
  },
  score(answer, problem) {
    const kinds = readKinds(answer);
    const right = readKinds(problem.answer)!;
    if (kinds === null || kinds.size !== right.size) return 0;
    return [...right].every(([name, knight]) => kinds.get(name) === knight) ? 1 : 0;
  },
  solve(problem) {
    const { names, statements } = metaOf(problem);
    return assignments(statements, 2).map((knights) => answerOf(names, knights));
  },
};
