/** @file Expressions over small sets of numbers: union, intersection, difference, symmetric difference. */
import type { Random } from '../../../random.ts';
import { readNumbers } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { formatRational } from '../rational.ts';

const LEVELS = [
  { sets: 2, size: 4, max: 9, operators: '∪∩' },
  { sets: 2, size: 6, max: 15, operators: '∪∩\\△' },
  { sets: 3, size: 6, max: 15, operators: '∪∩\\△' },
  { sets: 4, size: 8, max: 20, operators: '∪∩\\△' },
  { sets: 6, size: 10, max: 25, operators: '∪∩\\△' },
];
const NAMES = ['A', 'B', 'C', 'D', 'E', 'F'];
const QUESTIONS: readonly ((expression: string) => string)[] = [
  (expression) => `Which elements does ${expression} have?`,
  (expression) => `Determine the set ${expression}.`,
  (expression) => `List ${expression}.`,
];

type Sets = { readonly [name: string]: ReadonlySet<number> };

/** Computed set by set; the solver asks of each number whether it belongs, by the truth of the expression. */
export const setOperations: TaskFamily = {
  name: 'set-operations',
  description: 'Evaluate an expression of unions, intersections and differences of sets.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const { sets: count, size, max, operators } = atLevel(LEVELS, level);
    for (;;) {
      const names = NAMES.slice(0, count);
      const sets: Sets = Object.fromEntries(names.map((name) => [name, drawSet(random, size, max)]));
      const { text: expression, value } = combine(random, names, sets, operators);
      if (value.size === 0 || names.some((name) => write(sets[name]!) === write(value))) continue;
      const lines = names.map((name) => `${name} = {${random.shuffle([...sets[name]!]).join(', ')}}`);
      const question = random.choice(QUESTIONS)(expression);
      const legend =
        '∪ is union, ∩ intersection, \\ difference (X \\ Y: in X but not in Y), △ symmetric difference (in exactly one of both).';
      const text = [
        ...lines,
        question,
        legend,
        'Answer with the elements between braces, separated by commas, in any order.',
      ];
      return {
        text: text.join('\n'),
        answer: `{${write(value)}}`,
        meta: { expression, max, size: count * size },
      };
    }
  },

  score(answer, problem) {
    const given = readNumbers(answer)?.map(formatRational);
    if (given === undefined || given.length === 0) return 0;
    return `{${write(new Set(given.map(Number)))}}` === problem.answer ? 1 : 0;
  },

  solve({ text, meta }) {
    const sets = [...text.matchAll(/([A-F]) = \{([\d, ]*)\}/g)];
    const members = Array.from({ length: Number(meta.max) }, (_, i) => i + 1).filter((n) => {
      const facts = sets.map(
        ([, name = '', list = '']) => [name, list.split(', ').includes(String(n))] as const,
      );
      return isTrue((meta.expression as string).replaceAll(' ', ''), new Map(facts));
    });
    return members.length === 0 ? [] : [`{${members.join(', ')}}`];
  },
};

function drawSet(random: Random, size: number, max: number): Set<number> {
  const all = Array.from({ length: max }, (_, i) => i + 1);
  return new Set(random.shuffle(all).slice(0, random.int(2, size)));
}

function write(set: ReadonlySet<number>): string {
  return [...set].sort((a, b) => a - b).join(', ');
}

interface Part {
  readonly text: string;
  readonly value: ReadonlySet<number>;
}

/** Each set once, in the order of the names, joined by drawn operators with every pair in parentheses. */
function combine(random: Random, names: readonly string[], sets: Sets, operators: string): Part {
  if (names.length === 1) return { text: names[0]!, value: sets[names[0]!]! };
  const cut = random.int(1, names.length - 1);
  const [left, right] = [names.slice(0, cut), names.slice(cut)].map((part) =>
    combine(random, part, sets, operators),
  ) as [Part, Part];
  const operator = random.choice([...operators]);
  const [l, r] = [left, right].map(({ text }) => (text.length > 1 ? `(${text})` : text));
  return { text: `${l} ${operator} ${r}`, value: apply(operator, left.value, right.value) };
}

function apply(operator: string, a: ReadonlySet<number>, b: ReadonlySet<number>): Set<number> {
  const all = [...a, ...b];
  if (operator === '∪') return new Set(all);
  if (operator === '∩') return new Set(all.filter((n) => a.has(n) && b.has(n)));
  if (operator === '\\') return new Set([...a].filter((n) => !b.has(n)));
  return new Set(all.filter((n) => a.has(n) !== b.has(n)));
}

/** Replaces innermost pairs by 1 or 0 until one is left. */
function isTrue(expression: string, facts: ReadonlyMap<string, boolean>): boolean {
  let rest = expression.replace(/[A-F]/g, (name) => (facts.get(name) === true ? '1' : '0'));
  const pair = /\(([01])([∪∩\\△])([01])\)/;
  for (rest = `(${rest})`; pair.test(rest); ) {
    rest = rest.replace(pair, (_, a: string, operator: string, b: string) => {
      const table = { '∪': '0111', '∩': '0001', '\\': '0010', '△': '0110' }[operator]!;
      return table.charAt(Number.parseInt(a + b, 2));
    });
  }
  return rest.includes('1');
}
