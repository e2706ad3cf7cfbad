/**
 * @file A rule on lists to be found from examples and applied. The text names the steps a rule is made of, and a problem
 * is kept only where all rules of these steps that fit the examples give the same result: unique under the named steps.
 */
import type { Random } from '../../../random.ts';
import { plainAnswer, withoutName } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';
import { readIntegers } from '../read.ts';

const LEVELS = [
  { steps: 5, depth: 1, length: 5, examples: 3 },
  { steps: 11, depth: 1, length: 6, examples: 3 },
  { steps: 6, depth: 2, length: 7, examples: 4 },
  { steps: 11, depth: 2, length: 8, examples: 4 },
  { steps: 11, depth: 3, length: 9, examples: 4 },
];

type List = readonly number[];
type Step = readonly [name: string, run: (list: List) => List];

const STEPS: readonly Step[] = [
  ['reverse the list', (list) => [...list].reverse()],
  ['double every number', (list) => list.map((n) => 2 * n)],
  ['remove the first number', (list) => list.slice(1)],
  ['sort from small to large', (list) => [...list].sort((a, b) => a - b)],
  ['keep only the even numbers', (list) => list.filter((n) => n % 2 === 0)],
  ['add 1 to every number', (list) => list.map((n) => n + 1)],
  ['keep only the odd numbers', (list) => list.filter((n) => n % 2 === 1)],
  ['remove the last number', (list) => list.slice(0, -1)],
  ['move the first number to the end', (list) => [...list.slice(1), ...list.slice(0, 1)]],
  ['keep only the first of equal numbers', (list) => [...new Set(list)]],
  [
    'replace every number by the sum of all up to it',
    (list) => list.map((_, i) => list.slice(0, i + 1).reduce((a, b) => a + b, 0)),
  ],
];
const COUNTS = ['one', 'two', 'three'];
const INTROS = [
  'Each of these lists is changed by the same rule:',
  'One rule turns the left lists into the right ones:',
  'Find the rule behind these examples:',
];

/** A rule is drawn; the solver tries every rule that can be made of the named steps. */
export const listFunctions: TaskFamily = {
  name: 'list-functions',
  description: 'Find the rule that changes lists from examples and apply it.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    const steps = STEPS.slice(0, difficulty.steps);
    for (;;) {
      const rule = Array.from({ length: difficulty.depth }, () => random.choice(steps));
      const inputs = Array.from({ length: difficulty.examples + 1 }, () =>
        drawList(random, difficulty.length),
      );
      const outputs = inputs.map((list) => applyRule(rule, list));
      const [question, answer] = [inputs.at(-1)!, outputs.at(-1)!];
      const examples = inputs.slice(0, -1).map((list, i) => [list, outputs[i]!] as const);
      const shown = [...inputs, ...outputs.slice(0, -1)].map(write);
      if (outputs.some((list) => list.length === 0) || shown.includes(write(answer))) continue;
      if (results(steps, difficulty.depth, examples, question).length > 1) continue;
      const names = steps.map(([name]) => `- ${name}`);
      const text = [
        random.choice(INTROS),
        ...examples.map(([input, output]) => `${write(input)} -> ${write(output)}`),
        `The rule carries out ${COUNTS[difficulty.depth - 1]} of these steps${difficulty.depth === 1 ? '' : ', one after the other; the same step may occur again'}:`,
        ...names,
        `What does the rule make of ${write(question)}? Answer with the list in the same form.`,
      ];
      return {
        text: text.join('\n'),
        answer: write(answer),
        meta: { depth: difficulty.depth, size: difficulty.depth * 100 + difficulty.steps },
      };
    }
  },

  score(answer, problem) {
    const list = readIntegers(withoutName(plainAnswer(answer, 1000)));
    return list !== null && write(list) === problem.answer ? 1 : 0;
  },

  solve({ text, meta }) {
    const steps = STEPS.filter(([name]) => text.includes(`\n- ${name}\n`));
    const examples = [...text.matchAll(/(\[.*\]) -> (\[.*\])/g)].map(
      ([, a = '', b = '']) => [JSON.parse(a), JSON.parse(b)] as [List, List],
    );
    const question = JSON.parse(/make of (\[.*\])\?/.exec(text)?.[1] ?? '[]') as List;
    return results(steps, Number(meta.depth), examples, question).map(write);
  },
};

function drawList(random: Random, length: number): List {
  return Array.from({ length: random.int(length - 2, length) }, () => random.int(0, 9));
}

function write(list: List): string {
  return `[${list.join(', ')}]`;
}

function applyRule(rule: readonly Step[], list: List): List {
  return rule.reduce((changed, [, run]) => run(changed), list);
}

/** The different lists that rules of `depth` steps which fit all examples make of `question`. */
function results(
  steps: readonly Step[],
  depth: number,
  examples: readonly (readonly [List, List])[],
  question: List,
): List[] {
  const found = new Map<string, List>();
  for (const rule of rulesOf(steps, depth)) {
    if (!examples.every(([input, output]) => write(applyRule(rule, input)) === write(output))) continue;
    const result = applyRule(rule, question);
    found.set(write(result), result);
  }
  return [...found.values()];
}

function rulesOf(steps: readonly Step[], depth: number): Step[][] {
  return depth === 0
    ? [[]]
    : rulesOf(steps, depth - 1).flatMap((rule) => steps.map((step) => [...rule, step]));
}
