/**
 * @file `npm run parity`: this engine's numbers beside those of transformers, torch and verl, as llm.c's test_gpt2 does.
 *
 *   npm run parity [-- <directory of reference values>]
 *
 * For each model: logits, loss, the norm of every parameter's gradient. Then five steps of AdamW, the advantages, the
 * policy losses with their gradients, the KL estimators, the critic's loss. Each check prints a few values expected and
 * found, the largest difference relative to the largest expected value, what is allowed, and `ok` or `MISS`. The exit
 * status is 1 if any check misses, 2 if the directory has no reference values. Models run in float32, losses and advantages in float64.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_USAGE } from '../../src/errors.ts';
import { type LanguageModel, loadModel, readSafetensors } from '../../src/models/index.ts';
import { ADVANTAGES, gae } from '../../src/rl/advantage/index.ts';
import {
  clampLogRatio,
  klPenalty,
  LogprobPass,
  sequenceWeights,
  tokenLoss,
  valueLoss,
} from '../../src/rl/loss/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { dispose, indices, noGrad, scope, type Tensor, tensor } from '../../src/torch/index.ts';
import {
  ADVANTAGE_NAMES,
  type AdamWReference,
  aggregationOf,
  gradientNorms,
  lengthsOf,
  MODELS,
  type ModelNumbers,
  POLICY_CASES,
  REFERENCE,
  type RlReference,
  readReference,
  rlReference,
} from '../reference.ts';

/** Numbers found beside those expected. */
interface Check {
  readonly name: string;
  readonly expected: ArrayLike<number>;
  readonly found: ArrayLike<number>;
  /** Largest |found − expected| allowed, as a share of the largest |expected|. */
  readonly allowed: number;
}

/** float32 sums in another order. */
const LOGITS = 1e-5;
const GRADIENTS = 1e-4;
/** Losses after several steps of float32: each inherits the differences of the weights. */
const STEPS = 1e-4;
const NORMS = 1e-3;
/** float64; verl adds 1e-8 to divisors, which shows in values of losses and in normalised advantages. */
const DOUBLE = 1e-7;

/** All checks, as they are computed. */
export function* checks(dir: string): Generator<Check> {
  for (const name of MODELS) yield* modelChecks(name, path.join(dir, 'models', name));
  yield* optimizerChecks(dir);
  const reference = rlReference(dir);
  yield* advantageChecks(reference);
  yield* policyLossChecks(reference);
  yield* klChecks(reference);
  yield valueLossCheck(reference);
}

function* modelChecks(name: string, dir: string): Generator<Check> {
  const model = loadModel(dir);
  const { tensors: expected } = readSafetensors(path.join(dir, 'expected.safetensors'));
  const numbers = readReference<ModelNumbers>('expected.json', dir);
  const tokens = expected.get('input_ids')!;
  const values = (of: Tensor): ArrayLike<number> => of.toFloat64Array();
  yield {
    name: `${name}: logits`,
    expected: values(expected.get('logits')!),
    found: scope(() => values(noGrad(() => model.forward({ tokens })))),
    allowed: LOGITS,
  };
  const { loss, norms } = lossAndNorms(model, tokens);
  yield { name: `${name}: loss`, expected: [numbers.loss], found: [loss], allowed: LOGITS };
  for (const [parameter, norm] of Object.entries(numbers.grad_norms)) {
    const found = [norms.get(parameter) ?? Number.NaN];
    yield { name: `${name}: |∇| of ${parameter}`, expected: [norm], found, allowed: GRADIENTS };
  }
  dispose([model, expected]);
}

/** Mean cross-entropy of each row's next tokens, and the L2 norm of its gradient for every parameter. */
function lossAndNorms(model: LanguageModel, tokens: Tensor): { loss: number; norms: Map<string, number> } {
  const rows = Array.from({ length: tokens.size(0) }, (_, row) =>
    scope(() => Array.from(tokens.select(0, row).toArray(), Number)),
  );
  model.requiresGrad_();
  const loss = backward(model, rows);
  return { loss, norms: scope(() => gradientNorms(model)) };
}

/** Accumulates the gradient of the mean next-token loss of some rows of equal length. */
function backward(model: LanguageModel, rows: readonly (readonly number[])[]): number {
  return scope(() => {
    const length = rows[0]!.length - 1;
    // The last token too, as transformers reads them: angles may depend on how many there are.
    const tokens = indices(rows.flat(), [rows.length, length + 1]);
    const targets = indices(rows.flatMap((row) => row.slice(1)));
    const hidden = model.hidden({ tokens }).narrow(1, 0, length).flatten(0, 1);
    const pass = new LogprobPass(model, hidden, targets, model.config.vocabSize);
    const loss = pass.logprobs.mean().neg();
    pass.backward(loss);
    return loss.item();
  });
}

function* optimizerChecks(dir: string): Generator<Check> {
  const reference = readReference<AdamWReference>('adamw-qwen2.json', dir);
  const { lr, betas, eps, weight_decay: weightDecay, max_grad_norm: maxGradNorm } = reference.adamw;
  const settings = { peak: lr, betas, epsilon: eps, weightDecay, decay: 'all', maxGradNorm };
  const model = loadModel(path.join(dir, 'models/qwen2'));
  const learner = new Learner(model, optimizerSchema.parse(settings), reference.batches.length);
  const steps = reference.batches.map((batch) => {
    let loss = Number.NaN;
    const { gradNorm } = learner.step([batch], (rows) => {
      loss = backward(model, rows);
    });
    return { loss, gradNorm };
  });
  learner.dispose();
  yield {
    name: 'AdamW: loss of each step',
    expected: reference.losses,
    found: steps.map(({ loss }) => loss),
    allowed: STEPS,
  };
  yield {
    name: 'AdamW: gradient norm of each step',
    expected: reference.grad_norms_before_clip,
    found: steps.map(({ gradNorm }) => gradNorm),
    allowed: NORMS,
  };
}

/** Rows padded with zeros to the width of the reference, end to end. */
function padded(rows: readonly ArrayLike<number>[], like: readonly number[][]): number[] {
  return like.flatMap((row, i) => row.map((_, t) => rows[i]![t] ?? 0));
}

function* advantageChecks({ inputs, advantages }: RlReference): Generator<Check> {
  const lengths = lengthsOf(inputs.mask);
  const check = (name: string, rows: readonly ArrayLike<number>[], theirs: string): Check => ({
    name: `advantages: ${name}`,
    expected: advantages[theirs]!.flat(),
    found: padded(rows, advantages[theirs]!),
    allowed: DOUBLE,
  });
  for (const [theirs, ours] of Object.entries(ADVANTAGE_NAMES)) {
    const rows = ADVANTAGES[ours]({ rewards: inputs.rewards, groups: inputs.group, lengths });
    yield check(ours, rows, theirs);
  }
  const values = lengths.map((length, i) => inputs.values[i]!.slice(0, length));
  const rewards = lengths.map((length, i) =>
    Float64Array.from({ length }, (_, t) => (t === length - 1 ? inputs.rewards[i]! : 0)),
  );
  for (const lambda of ['1.0', '0.95']) {
    const ours = gae(rewards, values, { gamma: 1, lambda: Number(lambda), whiten: true });
    yield check(`gae, λ ${lambda}`, ours.advantages, `gae_lambda_${lambda}_whitened`);
    yield check(`gae, λ ${lambda}, returns`, ours.returns, `gae_lambda_${lambda}_returns`);
  }
}

function matrix(rows: readonly (readonly number[])[]): Tensor {
  return tensor(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]);
}

/** A loss and its gradient as one check each. */
function* lossChecks(
  name: string,
  expected: { readonly loss: number; readonly grad: number[][] },
  compute: (logprobs: Tensor) => Tensor,
  logprobs: readonly number[][],
): Generator<Check> {
  const { loss, gradient } = scope(() => {
    const variable = matrix(logprobs).requiresGrad_();
    const result = compute(variable);
    result.backward();
    return { loss: result.item(), gradient: variable.grad!.toFloat64Array() };
  });
  yield { name, expected: [expected.loss], found: [loss], allowed: DOUBLE };
  yield { name: `${name}, gradient`, expected: expected.grad.flat(), found: gradient, allowed: DOUBLE };
}

function* policyLossChecks({ inputs, advantages, policy_loss }: RlReference): Generator<Check> {
  const lengths = lengthsOf(inputs.mask);
  for (const [name, policy] of POLICY_CASES) {
    const expected = policy_loss[name]!;
    // verl divides the sum by the longest length alone, we by that times the number of sequences.
    const constant = inputs.mask[0]!.length / lengths.length;
    const weights = sequenceWeights(aggregationOf(name), lengths, constant);
    const compute = (logprobs: Tensor): Tensor => {
      const mask = matrix(inputs.mask);
      const logRatio = clampLogRatio(logprobs.sub(matrix(inputs.old_logprobs)));
      const batch = { logprobs, logRatio, advantages: matrix(advantages.grpo), mask };
      const { losses } = tokenLoss(batch, policy(expected.config));
      return losses.mul(mask.mul(tensor(weights, [weights.length, 1]))).sum();
    };
    yield* lossChecks(`loss: ${name}`, expected, compute, inputs.logprobs);
  }
}

function* klChecks({ inputs, kl }: RlReference): Generator<Check> {
  for (const estimator of ['k1', 'k2', 'k3'] as const) {
    const { token_mean: loss, grad } = kl[estimator];
    const compute = (logprobs: Tensor): Tensor => {
      const mask = matrix(inputs.mask);
      return klPenalty(logprobs, matrix(inputs.ref_logprobs), estimator).mul(mask).sum().div(mask.sum());
    };
    yield* lossChecks(`KL: ${estimator}`, { loss, grad }, compute, inputs.logprobs);
  }
}

function valueLossCheck({ inputs, value_loss: expected }: RlReference): Check {
  const found = scope(() => {
    const values = matrix(expected.vpreds);
    const mask = matrix(inputs.mask);
    const batch = { values, oldValues: matrix(inputs.values), returns: matrix(expected.returns) };
    return valueLoss(batch, expected.cliprange).losses.mul(mask).sum().div(mask.sum()).item();
  });
  return { name: 'loss: critic, clipped', expected: [expected.loss], found: [found], allowed: DOUBLE };
}

/** Largest difference, relative to the largest expected value; NaN where one side is none or sizes differ. */
function difference({ expected, found }: Check): number {
  if (expected.length !== found.length) return Number.NaN;
  let [most, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs(found[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return most / largest;
}

/** The first values that are not zero: gradients and advantages begin with some that are. */
function shown({ expected }: Check): number[] {
  const all = Array.from(expected, (_, i) => i);
  const telling = all.filter((i) => expected[i] !== 0);
  return (telling.length > 0 ? telling : all).slice(0, 4);
}

function report(check: Check): { readonly text: string; readonly passed: boolean } {
  const { name, expected, found, allowed } = check;
  const largest = difference(check);
  const passed = largest <= allowed;
  const row = (values: ArrayLike<number>): string =>
    shown(check)
      .map((i) => (values[i] ?? Number.NaN).toPrecision(7).padStart(14))
      .join('');
  const verdict = `difference ${largest.toExponential(1)}, allowed ${allowed}`;
  const text = `${passed ? 'ok  ' : 'MISS'} ${name} (${expected.length}): ${verdict}\n     expected${row(expected)}\n     found   ${row(found)}\n`;
  return { text, passed };
}

/** Prints every check; returns how many missed. */
export function parity(dir: string, write: (text: string) => void): number {
  const results = Array.from(checks(dir), (check) => {
    const result = report(check);
    write(result.text);
    return result;
  });
  const missed = results.filter(({ passed }) => !passed).length;
  write(`\n${results.length - missed} of ${results.length} checks passed\n`);
  return missed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2] ?? REFERENCE;
  if (existsSync(path.join(dir, 'rl-losses.json'))) {
    process.exitCode = parity(dir, (text) => process.stdout.write(text)) === 0 ? 0 : 1;
  } else {
    process.stderr.write(
      `parity: ${dir}: no reference values are there (rl-losses.json is missing)\n` +
        '  Give a directory laid out as tests/reference, or none for that one.\n',
    );
    process.exitCode = EXIT_USAGE;
  }
}
