import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY_CONFIG } from '../../../tests/support/tiny-checkpoint.ts';
import { layRows, padRows, type Rows, splitRows } from '../../data/index.ts';
import { initModel, type LanguageModel, parseConfig, withLora } from '../../models/index.ts';
import { Random } from '../../random.ts';
import { Learner, optimizerSchema } from '../../rl/update/index.ts';
import type { TokenSequence } from '../../text/index.ts';
import { crossEntropy, Generator, indices, memory, noGrad, randn, scope } from '../../torch/index.ts';
import { backwardRows, nextTokenStep } from './next-token.ts';

const VOCABULARY = 80;

/** Sequences whose first half is a prompt. */
function sequences(lengths: readonly number[]): TokenSequence[] {
  const random = Random.derive(5, 'sequences');
  return lengths.map((length) => ({
    tokens: Int32Array.from({ length }, () => random.int(0, VOCABULARY - 1)),
    trained: Uint8Array.from({ length }, (_, i) => Number(i >= length / 2)),
  }));
}

function model(modelType: string, seed = 0, changes: object = {}): LanguageModel {
  const keys = { ...TINY_CONFIG, vocab_size: VOCABULARY, model_type: modelType, ...changes };
  const made = initModel(parseConfig(keys, 'test'), seed, { device: 'cpu', scheme: 'scaled' });
  const generator = new Generator(seed);
  // Norms and biases other than 1 and 0 too.
  noGrad(() => {
    for (const parameter of made.parameters())
      scope(() => parameter.add_(randn(parameter.shape, { generator }), 0.05));
  });
  return made;
}

const data = sequences([9, 4, 7, 12, 3, 5]);
const [a, b, c, d, e, f] = data as [
  TokenSequence,
  TokenSequence,
  TokenSequence,
  TokenSequence,
  TokenSequence,
  TokenSequence,
];
const PAD = 3;
const LAYOUTS: { readonly [name: string]: Rows[] } = {
  'padded, one micro-batch': [padRows(data, PAD)],
  'padded, one example each': data.map((one) => padRows([one], PAD)),
  'packed, one micro-batch': [
    layRows(
      [
        [d, b],
        [a, c],
        [f, e],
      ],
      16,
      PAD,
    ),
  ],
  'packed, a row each': splitRows(
    layRows(
      [
        [d, b],
        [a, c],
        [f, e],
      ],
      16,
      PAD,
    ),
    1,
  ),
  'packed in another order, with a row of padding': [layRows([[e, f, b], [c, a], [], [d]], 20, 0)],
};

describe.each(['llama', 'qwen2', 'qwen3'])('the step of %s', (modelType) => {
  let own: LanguageModel;
  beforeAll(() => {
    own = model(modelType).requiresGrad_();
  });
  afterAll(() => own.dispose());

  /** Loss and gradients, each example by itself, straight from the definition. */
  function byDefinition(): { loss: number; gradients: number[][] } {
    return scope(() => {
      const total = data.reduce((sum, { trained }) => sum + trained.reduce((x, y) => x + y, 0), 0);
      let loss = 0;
      for (const { tokens, trained } of data) {
        const logits = own.forward({ tokens: indices(tokens, [1, tokens.length]) }).select(0, 0);
        for (let place = 1; place < tokens.length; place++) {
          if (trained[place] !== 1) continue;
          const one = crossEntropy(logits.narrow(0, place - 1, 1), indices([tokens[place]!])).div(total);
          one.backward(undefined, { retainGraph: true });
          loss += one.item();
        }
      }
      return { loss, gradients: takeGradients() };
    });
  }

  function takeGradients(): number[][] {
    return own.parameters().map((parameter) => {
      const gradient = parameter.grad!.toArray();
      parameter.setGrad(null);
      return gradient;
    });
  }

  it.each(Object.keys(LAYOUTS))('%s: loss and gradient are those of the definition to 1e-5', (name) => {
    const expected = byDefinition();
    const layout = LAYOUTS[name]!;
    const targets = data.reduce((sum, { trained }) => sum + trained.reduce((x, y) => x + y, 0), 0);
    const loss =
      layout.reduce((sum, rows) => sum - backwardRows(own, rows, targets).toArray()[0]!, 0) / targets;
    expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
    for (const [i, gradient] of takeGradients().entries()) {
      const scale = Math.max(...expected.gradients[i]!.map(Math.abs));
      const error = Math.max(...gradient.map((value, k) => Math.abs(value - expected.gradients[i]![k]!)));
      expect(error / scale).toBeLessThan(1e-5);
    }
  });
});

describe('nextTokenStep', () => {
  const optimizer = optimizerSchema.parse({ peak: 1e-2 });

  it('reports the mean loss, entropy and accuracy over targets, and leaves no tensor behind', () => {
    const learner = new Learner(model('llama'), optimizer, 10);
    nextTokenStep(learner, LAYOUTS['packed, a row each']!);
    const before = memory().tensors;
    const { loss, entropy, accuracy, targets, gradNorm } = nextTokenStep(
      learner,
      LAYOUTS['packed, a row each']!,
    );
    expect(memory().tensors).toBe(before);
    expect(targets).toBe(data.reduce((sum, { tokens }) => sum + Math.floor(tokens.length / 2), 0));
    for (const value of [loss, entropy]) expect(value).toBeGreaterThan(1);
    expect(entropy).toBeLessThan(Math.log(VOCABULARY));
    expect(gradNorm).toBeGreaterThan(0);
    expect((accuracy * targets) % 1).toBeCloseTo(0, 6);
    learner.dispose();
  });

  it('learns: all targets become the most probable token, with all weights and with LoRA', () => {
    for (const lora of [false, true]) {
      const made = model('qwen2');
      if (lora) withLora(made, { rank: 8, alpha: 16, targets: 'all-linear' }, 0);
      const learner = new Learner(made, optimizer, 150);
      let last = nextTokenStep(learner, LAYOUTS['padded, one micro-batch']!);
      expect(last.accuracy).toBeLessThan(0.5);
      expect(last.loss).toBeGreaterThan(3);
      for (let step = 1; step < 150; step++)
        last = nextTokenStep(learner, LAYOUTS['padded, one micro-batch']!);
      expect(last.accuracy).toBe(1);
      // With LoRA head and norms stay, which bounds the logits: the loss cannot go to 0.
      expect(last.loss).toBeLessThan(0.4);
      learner.dispose();
      made.dispose();
    }
  });

  it('has the same gradient of the balance loss however sequences are laid out', () => {
    const experts = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 16 };
    const balanced = { ...optimizer, balanceLoss: 0.5 };
    const normOf = (layout: readonly Rows[], settings: typeof optimizer): number => {
      const learner = new Learner(model('qwen3_moe', 0, experts), settings, 10);
      const { gradNorm } = nextTokenStep(learner, layout);
      learner.dispose();
      return gradNorm;
    };
    const [first, ...others] = Object.values(LAYOUTS).map((layout) => normOf(layout, balanced));
    for (const other of others) expect(Math.abs(other / first! - 1)).toBeLessThan(1e-5);
    expect(Math.abs(normOf(Object.values(LAYOUTS)[0]!, optimizer) / first! - 1)).toBeGreaterThan(1e-3);
  });

  it('passes over a micro-batch without targets', () => {
    const learner = new Learner(model('llama'), optimizer, 10);
    const empty = { tokens: Int32Array.of(1, 2), trained: new Uint8Array(2) };
    const { targets } = nextTokenStep(learner, [padRows([empty], 0), padRows([a], 0)]);
    expect(targets).toBe(4);
    learner.dispose();
  });
});
