/** The numbers of docs/grpo.md: read from its tables, and computed by the code they explain. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { grpo } from '../../src/rl/advantage/index.ts';
import {
  type Aggregation,
  lossSchema,
  policyLoss,
  sequenceWeights,
  tokenLoss,
} from '../../src/rl/loss/index.ts';
import { klPenalty } from '../../src/rl/loss/terms.ts';
import { scope, type Tensor, tensor } from '../../src/torch/index.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/grpo.md'), 'utf8');

/** The rows of the table whose head begins with these words, cell by cell. */
function tableOf(head: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head}`));
  if (start < 0) throw new Error(`docs/grpo.md has no table "${head}"`);
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** A number in the running text, by the words around it. */
function said(pattern: RegExp): number[] {
  const found = pattern.exec(page.replaceAll(/\s+/g, ' '));
  if (found === null) throw new Error(`docs/grpo.md does not say ${String(pattern)}`);
  return found.slice(1).map(Number);
}

/** Equal as far as the page prints it: three digits after the point. */
const printed = (value: number): string => value.toFixed(3).replace(/^-(?=0\.000$)/, '');

const responses = tableOf('response | what it says').map(([, , reward, advantage]) => ({
  reward: Number(reward),
  advantage: advantage!,
}));
const rewards = responses.map(({ reward }) => reward);
const advantages = [...grpo(rewards, [0, 0, 0, 0])];

/** Tokens of the page's table: of which response each is, and its numbers. */
const tokens = tableOf('token | π_old').map(([name, ...cells]) => ({
  response: '₁₂₃₄'.indexOf(name![1]!),
  cells: cells.map(Number),
  written: cells,
}));
const lengths = responses.map((_, i) => tokens.filter(({ response }) => response === i).length);
const longest = Math.max(...lengths);
const [epsilon, beta] = said(/ε is ([\d.]+) and β is ([\d.]+), so that/) as [number, number];

/** A number a token as [4, longest], 0 on padding. */
function laid(of: (token: (typeof tokens)[number]) => number, requiresGrad = false): Tensor {
  const rows = responses.flatMap((_, i) => {
    const own = tokens.filter(({ response }) => response === i).map(of);
    return [...own, ...Array.from({ length: longest - own.length }, () => 0)];
  });
  const made = tensor(rows, [responses.length, longest], { dtype: 'float64' });
  return requiresGrad ? made.requiresGrad_() : made;
}

/** The entries of [4, longest] that are tokens, in the page's order. */
function read(values: Tensor): number[] {
  const all = values.toArray();
  return lengths.flatMap((length, i) => all.slice(i * longest, i * longest + length));
}

const oldLogprobs = () => laid(({ cells }) => Math.log(cells[0]!));
const ownAdvantages = () => laid(({ response }) => advantages[response]!);
const mask = () => laid(() => 1);
const policy = { kind: 'surrogate' as const, clipLow: epsilon, clipHigh: epsilon };

function objective(aggregation: Aggregation, logprobs: Tensor, coefficient: number) {
  const weights = sequenceWeights(aggregation, lengths);
  const { loss, statistics } = policyLoss(
    {
      logprobs,
      oldLogprobs: oldLogprobs(),
      samplerLogprobs: oldLogprobs(),
      advantages: ownAdvantages(),
      weights: laid(({ response }) => weights[response]!),
      mask: mask(),
      ...(coefficient > 0 && { referenceLogprobs: laid(({ cells }) => Math.log(cells[2]!)) }),
    },
    lossSchema.parse({ policy, kl: { coefficient } }),
  );
  return { loss, weights, statistics };
}

describe('docs/grpo.md', () => {
  it('advantages: the mean, the deviation and A of each response', () => {
    const [mean, deviation] = said(/have mean ([\d.]+) and standard deviation ([\d.]+)\./);
    const centre = rewards.reduce((sum, reward) => sum + reward, 0) / 4;
    const squares = rewards.reduce((sum, reward) => sum + (reward - centre) ** 2, 0);
    expect([printed(centre), printed(Math.sqrt(squares / 3))]).toEqual(
      [mean, deviation].map((x) => printed(x!)),
    );
    expect(advantages.map(printed)).toEqual(responses.map(({ advantage }) => advantage));
  });

  it('tokens: ratio, both sides of the minimum, the minimum, the KL, and what remains', () => {
    scope(() => {
      const logprobs = laid(({ cells }) => Math.log(cells[1]!));
      const logRatio = logprobs.sub(oldLogprobs());
      const ratio = logRatio.exp();
      const input = { logprobs, logRatio, advantages: ownAdvantages(), mask: mask() };
      const { losses, clippedHigh, clippedLow } = tokenLoss(input, lossSchema.parse({ policy }).policy);
      const kl = klPenalty(
        logprobs,
        laid(({ cells }) => Math.log(cells[2]!)),
        'k3',
      );
      const columns = [
        ratio,
        ratio.mul(ownAdvantages()),
        ratio.clamp(1 - epsilon, 1 + epsilon).mul(ownAdvantages()),
        losses.neg(),
        kl,
        losses.neg().sub(kl.mul(beta)),
      ].map(read);
      for (const [k, { written }] of tokens.entries()) {
        expect(
          columns.map((column) => printed(column[k]!)),
          `token ${k}`,
        ).toEqual(written.slice(3));
      }
      const where = (clipped: Tensor) => read(clipped).flatMap((value, k) => (value ? [k] : []));
      // The first token of o₁, and the first of o₃.
      expect([where(clippedHigh), where(clippedLow)]).toEqual([[0], [4]]);
    });
  });

  it('the sum: J and the weight of a token in both aggregations', () => {
    for (const [name, weights, value] of tableOf('`loss.aggregation` | weight')) {
      scope(() => {
        const logprobs = laid(({ cells }) => Math.log(cells[1]!));
        const found = objective(name!.replaceAll('`', '') as Aggregation, logprobs, beta);
        expect(printed(-found.loss.item()), name).toBe(value);
        expect([...found.weights].map((weight) => `1/${Math.round(1 / weight)}`).join(', '), name).toBe(
          weights,
        );
      });
    }
  });

  it('the first update: the value, and the gradient in each log-probability', () => {
    const [asPrinted, tokenMean] = said(/objective is then ([\d.]+) as printed, and ([\d.]+) with/);
    const table = tableOf('token of | `token-mean`');
    const columns: [Aggregation, number][] = [
      ['token-mean', tokenMean!],
      ['seq-mean-token-mean', asPrinted!],
    ];
    for (const [column, [aggregation, value]] of columns.entries()) {
      scope(() => {
        const logprobs = laid(({ cells }) => Math.log(cells[0]!), true);
        const { loss } = objective(aggregation, logprobs, 0);
        expect(printed(-loss.item())).toBe(printed(value));
        loss.backward();
        const gradient = read(logprobs.grad!.neg());
        for (const [k, { response }] of tokens.entries()) {
          expect(printed(gradient[k]!), `${aggregation}, token ${k}`).toBe(table[response]![column + 1]);
        }
      });
    }
  });
});
