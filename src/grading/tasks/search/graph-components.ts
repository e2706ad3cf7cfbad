/** @file Connected components of a graph: how many components, the size of the largest, nodes reached from one. */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { nodes: 5, edges: 4 },
  { nodes: 8, edges: 6 },
  { nodes: 12, edges: 9 },
  { nodes: 18, edges: 15 },
  { nodes: 26, edges: 22 },
];
const INTROS: readonly ((nodes: string, edges: string) => string)[] = [
  (nodes, edges) => `A graph has the nodes ${nodes} and these undirected edges: ${edges}.`,
  (nodes, edges) => `The islands ${nodes} are joined by bridges, one between each of these pairs: ${edges}.`,
  (nodes, edges) => `In a network of the computers ${nodes}, these pairs are wired directly: ${edges}.`,
];
const ASKS = {
  components:
    'How many groups are there, if all that can be reached from one another, directly or over others, form one group, and what is joined to nothing is a group of its own?',
  largest:
    'How many members has the largest group of those that can be reached from one another, directly or over others?',
  degree: 'What is the largest number of direct neighbours that any of them has?',
} as const;
type Ask = keyof typeof ASKS;

type Edge = readonly [string, string];

/** By merging sets edge by edge; the solver walks the graph from every node. */
export const graphComponents: TaskFamily = {
  name: 'graph-components',
  description: 'Count connected components, their sizes or neighbours in a graph.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    const nodes = Array.from({ length: difficulty.nodes }, (_, i) => String.fromCharCode(65 + i));
    const pairs = nodes.flatMap((a, i) => nodes.slice(i + 1).map((b): Edge => [a, b]));
    const edges = random
      .shuffle(pairs)
      .slice(0, random.int(Math.ceil(difficulty.edges / 2), difficulty.edges));
    const listed = edges.map(([a, b]) => (random.chance(0.5) ? `${a}-${b}` : `${b}-${a}`)).join(', ');
    const ask = random.choice(Object.keys(ASKS) as Ask[]);
    const text = `${random.choice(INTROS)(nodes.join(', '), listed)} ${ASKS[ask]} Answer with a whole number.`;
    return { text, answer: String(byMerging(ask, nodes, edges)), meta: { ask, size: difficulty.nodes } };
  },

  score: (answer, problem) =>
    scoreNumber(answer, problem.answer, ['groups', 'group', 'members', 'neighbours', 'neighbors']),

  solve({ text, meta }) {
    const neighbours = new Map<string, string[]>();
    const nodes = /((?:[A-Z], )+[A-Z])\b/.exec(text)?.[1]?.split(', ') ?? [];
    for (const name of nodes) neighbours.set(name, []);
    for (const [, a = '', b = ''] of text.matchAll(/([A-Z])-([A-Z])/g)) {
      neighbours.get(a)!.push(b);
      neighbours.get(b)!.push(a);
    }
    if (meta.ask === 'degree')
      return [String(Math.max(...[...neighbours.values()].map((list) => list.length)))];
    const groups = [...neighbours.keys()].map((start) => reached(start, neighbours));
    if (meta.ask === 'largest') return [String(Math.max(...groups.map((group) => group.length)))];
    return [String(new Set(groups.map((group) => group.join(''))).size)];
  },
};

function byMerging(ask: Ask, nodes: readonly string[], edges: readonly Edge[]): number {
  if (ask === 'degree')
    return Math.max(...nodes.map((node) => edges.filter((edge) => edge.includes(node)).length));
  let groups = nodes.map((node) => [node]);
  for (const edge of edges) {
    const touched = groups.filter((group) => edge.some((node) => group.includes(node)));
    groups = [...groups.filter((group) => !touched.includes(group)), touched.flat()];
  }
  return ask === 'components' ? groups.length : Math.max(...groups.map((group) => group.length));
}

/** All nodes reached from `start`, sorted. */
function reached(start: string, neighbours: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set([start]);
  for (const node of seen) for (const next of neighbours.get(node)!) seen.add(next);
  return [...seen].sort();
}
