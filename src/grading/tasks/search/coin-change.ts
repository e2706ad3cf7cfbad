/** @file Paying an amount in coins: with the fewest, or in how many ways. */
import { scoreNumber } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { TaskFamily } from '../family.ts';

const LEVELS = [
  { coins: 3, largest: 10, amount: 20 },
  { coins: 3, largest: 20, amount: 60 },
  { coins: 4, largest: 30, amount: 120 },
  { coins: 5, largest: 50, amount: 250 },
  { coins: 6, largest: 90, amount: 500 },
];

const FEWEST = [
  'What is the smallest number of coins that makes up exactly AMOUNT?',
  'Somebody pays AMOUNT exactly with as few coins as possible. How many coins is that?',
];
const WAYS = [
  'In how many ways can AMOUNT be paid exactly? The order of the coins does not matter.',
  'How many different collections of coins are worth exactly AMOUNT?',
];

/** By tables over all smaller amounts; the solver searches level by level, and counts by recursion over the coins. */
export const coinChange: TaskFamily = {
  name: 'coin-change',
  description: 'Pay an amount with the fewest coins, or count the ways to pay it.',
  levels: LEVELS.length,
  unique: true,

  generate(random, level) {
    const difficulty = atLevel(LEVELS, level);
    const others = Array.from({ length: difficulty.largest - 1 }, (_, i) => i + 2);
    const coins = [1, ...random.shuffle(others).slice(0, difficulty.coins - 1)].sort((a, b) => a - b);
    const amount = random.int(Math.ceil(difficulty.amount / 2), difficulty.amount);
    const ask = random.choice(['fewest', 'ways']);
    const question = random.choice(ask === 'fewest' ? FEWEST : WAYS).replace('AMOUNT', String(amount));
    const text = `A country has coins worth ${coins.join(', ')}, as many of each as you like. ${question} Answer with a whole number.`;
    const answer = String(ask === 'fewest' ? fewest(coins, amount) : ways(coins, amount));
    return { text, answer, meta: { ask, coins, amount, size: difficulty.amount * difficulty.coins } };
  },

  score: (answer, problem) => scoreNumber(answer, problem.answer, ['coins', 'coin', 'ways', 'way']),

  solve({ meta }) {
    const coins = meta.coins as readonly number[];
    const amount = Number(meta.amount);
    return [String(meta.ask === 'fewest' ? searchFewest(coins, amount) : countWays(coins, amount))];
  },
};

function fewest(coins: readonly number[], amount: number): number {
  const best = [0];
  for (let sum = 1; sum <= amount; sum++) {
    best[sum] = 1 + Math.min(...coins.filter((coin) => coin <= sum).map((coin) => best[sum - coin]!));
  }
  return best[amount]!;
}

function ways(coins: readonly number[], amount: number): number {
  const counts = [1, ...Array.from({ length: amount }, () => 0)];
  for (const coin of coins) {
    for (let sum = coin; sum <= amount; sum++) counts[sum]! += counts[sum - coin]!;
  }
  return counts[amount]!;
}

/** Sums of one coin, of two, of three, until the amount is among them. */
function searchFewest(coins: readonly number[], amount: number): number {
  let sums = new Set([0]);
  for (let count = 0; ; count++) {
    if (sums.has(amount)) return count;
    sums = new Set(
      [...sums].flatMap((sum) => coins.map((coin) => sum + coin)).filter((sum) => sum <= amount),
    );
  }
}

/** Takes the last coin 0, 1, 2, … times; the coin 1, the first, fills what is left in one way. */
function countWays(coins: readonly number[], amount: number): number {
  const coin = coins.at(-1)!;
  if (coins.length === 1) return amount % coin === 0 ? 1 : 0;
  if (coins.length === 2 && coins[0] === 1) return Math.floor(amount / coin) + 1;
  let count = 0;
  for (let rest = amount; rest >= 0; rest -= coin) count += countWays(coins.slice(0, -1), rest);
  return count;
}
