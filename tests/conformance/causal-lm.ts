/**
 * @file Conformance of an architecture, whatever its weights: a suite over a checkpoint folder.
 *
 * The forward pass agrees with itself (cached, padded, packed, uncached), its gradient with finite differences, and a
 * checkpoint comes back as it was, in each style, dtype and number of files.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type LanguageModel,
  loadAdapter,
  loadModel,
  mergeLora,
  readConfig,
  readSafetensors,
  saveAdapter,
  saveModel,
  trainableParameters,
  withLora,
  writeSafetensors,
} from '../../src/models/index.ts';
import { Random } from '../../src/random.ts';
import {
  aten,
  type DType,
  dispose,
  Generator,
  indices,
  linear,
  memory,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '../../src/torch/index.ts';
import { testDevice as device } from '../support/device.ts';

/** Largest |a − b| over the largest |b|. */
export function relativeError(a: Tensor, b: Tensor): number {
  return scope(() => a.sub(b).abs().max().item() / b.abs().max().item());
}

/**
 * relativeError of logits that rounded weights give. A rounded score may send a token to another expert, whose output has
 * nothing to do with that of the first: of a model with experts it is the error of the nearest three quarters of the tokens.
 */
function roundingError(model: LanguageModel, a: Tensor, b: Tensor): number {
  const routed = model.namedParameters().some(([name]) => name.includes('.experts.'));
  const apart = scope(() => a.sub(b).abs().amax(-1).flatten().toArray()).sort((x, y) => x - y);
  const counted = routed ? Math.ceil(0.75 * apart.length) : apart.length;
  return scope(() => apart[counted - 1]! / b.abs().max().item());
}

/** float32 sums in another order. */
const SAME = 1e-5;

type Keys = Record<string, unknown>;

/** Runs the suite. `checkpoint()` gives a folder; it is called once, before the tests. */
export function describeCausalLM(title: string, checkpoint: () => string | Promise<string>): void {
  describe(title, () => {
    let dir: string;
    let work: string;
    let model: LanguageModel;
    let tokens: Tensor;

    beforeAll(async () => {
      dir = await checkpoint();
      work = mkdtempSync(path.join(tmpdir(), 'aha-model-'));
      model = loadModel(dir, { device });
      tokens = randomTokens(model.config.vocabSize, 2, 12);
    });
    afterAll(() => {
      dispose([model, tokens]);
      rmSync(work, { recursive: true, force: true });
    });

    const logits = (of: LanguageModel): Tensor => noGrad(() => of.forward({ tokens }));

    it('has parts that make its states, and a weight that makes its logits, where it has any', () => {
      scope(() =>
        noGrad(() => {
          const states = model.hidden({ tokens });
          const parts = model.parts?.({ tokens });
          const composed = parts?.layers.reduce((x, layer) => layer(x), parts.embed());
          if (composed) expect(composed.sub(states).abs().max().item()).toBe(0);
          const { headWeight } = model;
          if (!headWeight) return;
          expect(model.logits(states).sub(linear(states, headWeight)).abs().max().item()).toBe(0);
          expect(model.parameters()).toContain(headWeight);
        }),
      );
    });

    it('gives float32 logits [B, T, V] and leaves no tensor behind', () => {
      logits(model).dispose();
      const before = memory().tensors;
      const result = logits(model);
      expect(result.shape).toEqual([2, 12, model.config.vocabSize]);
      expect(result.dtype).toBe('float32');
      result.dispose();
      expect(memory().tensors).toBe(before);
    });

    it('gives the same through the cache, in one piece, in pieces and token by token', () => {
      scope(() => {
        const whole = logits(model);
        // Rows of one block each, and rows whose blocks lie among one another.
        const layouts = [
          { blockSize: 16, table: [[0], [1]] },
          { blockSize: 16, table: [[1], [0]] },
          {
            blockSize: 4,
            table: [
              [5, 0, 3],
              [1, 4, 2],
            ],
          },
        ];
        for (const { blockSize, table } of layouts) {
          for (const sizes of [[12], [5, 7], [3, 1, 1, 7], Array<number>(12).fill(1)]) {
            const cache = model.newCache({ blocks: 6, blockSize });
            let start = 0;
            const parts = noGrad(() =>
              tokens.splitSizes(sizes, 1).map((part, i) => {
                const rows = table.map((blocks) => ({ blocks, start, tokens: sizes[i]! }));
                start += sizes[i]!;
                return model.hidden({ tokens: part, cache: cache.pass(rows) });
              }),
            );
            const joined = noGrad(() => model.logits(aten('cat')(parts, 1) as Tensor));
            expect(relativeError(joined, whole)).toBeLessThan(SAME);
            cache.dispose();
          }
        }
      });
    });

    it('does not see padding on the left', () => {
      scope(() => {
        const padded = aten('cat')([indices([7, 7, 7, 9, 9, 9], [2, 3], device), tokens], 1) as Tensor;
        const mask = tensor([0, 0, 0, ...Array<number>(12).fill(1)], [15], { device }).expand([2, 15]);
        const whole = noGrad(() => model.forward({ tokens: padded, attentionMask: mask })).narrow(1, 3, 12);
        expect(relativeError(whole, logits(model))).toBeLessThan(SAME);
      });
    });

    it('reads rows that stand at different tokens of their own in one pass', () => {
      scope(() => {
        const whole = logits(model);
        for (const blockSize of [3, 12]) {
          const perRow = 12 / blockSize;
          const table = [0, 1].map((row) => Array.from({ length: perRow }, (_, n) => row + 2 * n));
          const cache = model.newCache({ blocks: 2 * perRow, blockSize });
          const starts = [0, 0];
          // What a row does not read of a pass is padding behind it, of any token.
          for (const counts of [
            [5, 2],
            [1, 4],
            [1, 1],
            [5, 1],
            [0, 4],
          ]) {
            const reading = [0, 1].filter((row) => counts[row]! > 0);
            const longest = Math.max(...counts);
            const ids = reading.flatMap((row) => {
              const own = tokens.select(0, row).narrow(0, starts[row]!, counts[row]!).toArray();
              return [...own, ...Array<number>(longest - own.length).fill(3)];
            });
            const rows = reading.map((row) => ({
              blocks: table[row]!,
              start: starts[row]!,
              tokens: counts[row]!,
            }));
            const read = noGrad(() =>
              model.forward({
                tokens: indices(ids, [rows.length, longest], device),
                cache: cache.pass(rows),
              }),
            );
            for (const [i, row] of reading.entries()) {
              const found = read.narrow(0, i, 1).narrow(1, 0, counts[row]!);
              const known = whole.narrow(0, row, 1).narrow(1, starts[row]!, counts[row]!);
              expect(relativeError(found, known)).toBeLessThan(SAME);
              starts[row]! += counts[row]!;
            }
          }
          cache.dispose();
        }
      });
    });

    it('reads sequences packed into one row as it reads them apart', () => {
      scope(() => {
        const apart = logits(model);
        const row = tokens.reshape([1, 24]);
        const packed = noGrad(() => model.forward({ tokens: row, segments: [[12, 12]] }));
        expect(relativeError(packed.view([2, 12, -1]), apart)).toBeLessThan(SAME);
      });
    });

    it('has the same gradient of documents of any lengths, packed and apart', () => {
      const own = loadModel(dir, { device }).requiresGrad_();
      const ids = tokens.flatten().toArray();
      const documents = [ids.slice(0, 7), ids.slice(7, 8), ids.slice(8, 12), ids.slice(12, 24)];
      const takeGradients = (): Tensor[] =>
        trainableParameters(own).map(([, parameter]) => {
          const { grad } = parameter;
          parameter.setGrad(null);
          return grad ?? zeros(parameter.shape, { device });
        });
      scope(() => {
        // Each logit counts, in a direction of its own.
        const direction = randn([24, own.config.vocabSize], { generator: new Generator(3) }).to(device);
        let at = 0;
        for (const document of documents) {
          const { length } = document;
          const read = own.forward({ tokens: indices(document, [1, length], device) }).select(0, 0);
          read
            .mul(direction.narrow(0, at, length))
            .sum()
            .backward();
          at += length;
        }
        const apart = takeGradients();
        // Two rows of 14, each with padding behind its documents.
        const rows = indices([...ids.slice(0, 12), 3, 3, ...ids.slice(12), 3, 3], [2, 14], device);
        const packed = own.forward({ tokens: rows, segments: [[7, 1, 4], [12]] }).narrow(1, 0, 12);
        packed.flatten(0, 1).mul(direction).sum().backward();
        for (const [i, gradient] of takeGradients().entries()) {
          // Both are 0 of an expert that no token was sent to.
          const same = apart[i]!.norm().item() === 0 && gradient.norm().item() === 0;
          if (!same) expect(relativeError(gradient, apart[i]!)).toBeLessThan(SAME);
        }
      });
      own.dispose();
    });

    it('goes on from copies of blocks, and from blocks that rows share', () => {
      scope(() => {
        const next = indices([5, 6, 8], [3, 1], device);
        const cache = model.newCache({ blocks: 6, blockSize: 8 });
        const read = [
          { blocks: [0, 1], start: 0, tokens: 12 },
          { blocks: [2, 3], start: 0, tokens: 12 },
        ];
        noGrad(() => model.hidden({ tokens, cache: cache.pass(read) })).dispose();
        cache.copy([
          { from: 3, to: 4, tokens: 4 },
          { from: 1, to: 5, tokens: 4 },
        ]);
        const rows = [
          [2, 4],
          [0, 5],
          [2, 3],
        ].map((blocks) => ({ blocks, start: 12, tokens: 1 }));
        const step = noGrad(() => model.forward({ tokens: next, cache: cache.pass(rows) }));
        cache.dispose();
        const whole = aten('cat')(
          [tokens.indexSelect(0, indices([1, 0, 1], [3], device)), next],
          1,
        ) as Tensor;
        expect(
          relativeError(step, noGrad(() => model.forward({ tokens: whole })).narrow(1, 12, 1)),
        ).toBeLessThan(SAME);
      });
    });

    it('decodes the same tokens greedily with and without the cache', () => {
      const [cached, uncached] = [greedy(model, tokens, 8, true), greedy(model, tokens, 8, false)];
      expect(cached).toEqual(uncached);
    });

    it('has the gradient that finite differences give', () => {
      const wide = loadModel(dir, { dtype: 'float64', device }).requiresGrad_();
      scope(() => {
        const loss = (): Tensor => scope(() => nextTokenLoss(wide, tokens));
        loss().backward();
        for (const [name, parameter] of trainableParameters(wide)) {
          // An expert that no token was sent to has no gradient.
          if (parameter.grad === null && name.includes('.experts.')) continue;
          const gradient = parameter.grad!;
          const norm = gradient.norm().item();
          const step = 1e-5 / norm;
          const shifted = (sign: number): number =>
            noGrad(() => {
              parameter.add_(gradient, sign * step);
              const value = loss().item();
              parameter.add_(gradient, -sign * step);
              return value;
            });
          const slope = (shifted(1) - shifted(-1)) / (2 * step);
          expect(Math.abs(slope / norm ** 2 - 1), name).toBeLessThan(1e-4);
        }
      });
      dispose(wide);
    });

    it('takes LoRA: frozen but for the additions, the same from disk and once merged', async () => {
      const adapted = withLora(loadModel(dir, { device }), { rank: 2, alpha: 4, targets: 'all-linear' }, 0);
      const same = loadModel(dir, { device });
      const added = trainableParameters(adapted);
      try {
        scope(() => {
          expect(relativeError(logits(adapted), logits(model))).toBe(0);
          const generator = new Generator(0);
          noGrad(() => {
            for (const [, part] of added) part.copy_(randn(part.shape, { generator }).mul(0.1).to(device));
          });
          nextTokenLoss(adapted, tokens).backward();
          // An expert that no token was sent to has no gradient.
          const without = added.filter(([name, { grad }]) => !name.includes('.experts.') && grad === null);
          expect(without).toEqual([]);
          expect(added.some(([, { grad }]) => grad !== null && grad.norm().item() > 0)).toBe(true);
          const names = new Set(added.map(([name]) => name));
          const others = adapted.namedParameters().filter(([name]) => !names.has(name));
          expect(others.every(([, parameter]) => parameter.grad === null)).toBe(true);
        });
        await saveAdapter(adapted, path.join(work, 'adapter'), dir);
        loadAdapter(same, path.join(work, 'adapter'));
        scope(() => {
          const expected = logits(adapted);
          expect(relativeError(expected, logits(model))).toBeGreaterThan(0.01);
          expect(relativeError(logits(same), expected)).toBe(0);
          expect(greedy(same, tokens, 3, true)).toEqual(greedy(same, tokens, 3, false));
          expect(relativeError(logits(mergeLora(same)), expected)).toBeLessThan(SAME);
        });
      } finally {
        adapted.dispose();
        same.dispose();
      }
    });

    it('comes back from disk bit for bit, whole and in shards', async () => {
      for (const [name, shardBytes] of [
        ['whole', undefined],
        ['shards', 20_000],
      ] as const) {
        const saved = path.join(work, name);
        await saveModel(model, saved, { shardBytes });
        const loaded = loadModel(saved, { device });
        // A model without its predictors leaves none in its checkpoint.
        const { storedPredictors, predictors = 0 } = model.config;
        const stored = storedPredictors === undefined ? {} : { storedPredictors: predictors };
        expect(loaded.config).toEqual({ ...model.config, ...stored });
        const theirs = loaded.stateDict();
        expect([...theirs.keys()]).toEqual([...model.stateDict().keys()]);
        for (const [key, parameter] of model.stateDict()) {
          expect(Buffer.compare(theirs.get(key)!.toBytes(), parameter.toBytes()), key).toBe(0);
        }
        scope(() => expect(logits(loaded).toFloat32Array()).toEqual(logits(model).toFloat32Array()));
        dispose(loaded);
      }
    });

    it('is the same model under old and new keys of config.json', () => {
      const keys = JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8')) as Keys;
      for (const [name, styled] of [
        ['old', oldStyle(keys)],
        ['new', newStyle(keys)],
      ] as const) {
        const copy = path.join(work, `config-${name}`);
        cpSync(dir, copy, { recursive: true });
        writeFileSync(path.join(copy, 'config.json'), JSON.stringify(styled));
        expect(readConfig(copy)).toEqual(model.config);
      }
    });

    it.each(['bfloat16', 'float16'] as DType[])('loads %s weights', async (dtype) => {
      const copy = path.join(work, dtype);
      cpSync(dir, copy, { recursive: true });
      const { tensors } = readSafetensors(path.join(dir, 'model.safetensors'));
      const narrow = new Map([...tensors].map(([name, weight]) => [name, weight.to(dtype)]));
      await writeSafetensors(path.join(copy, 'model.safetensors'), narrow);
      const loaded = loadModel(copy, { device });
      scope(() => {
        for (const [name, parameter] of loaded.namedParameters()) {
          expect(parameter.dtype).toBe('float32');
          expect(parameter.sub(narrow.get(name)!.to('float32').to(device)).abs().max().item(), name).toBe(0);
        }
        expect(roundingError(model, logits(loaded), logits(model))).toBeLessThan(0.1);
      });
      dispose([loaded, tensors, narrow]);
    });

    it('computes in bfloat16 near to what it computes in float32', () => {
      const narrow = loadModel(dir, { dtype: 'bfloat16', device });
      scope(() => {
        expect(noGrad(() => narrow.hidden({ tokens })).dtype).toBe('bfloat16');
        expect(logits(narrow).dtype).toBe('float32');
        expect(roundingError(model, logits(narrow), logits(model))).toBeLessThan(0.1);
      });
      dispose(narrow);
    });
  });
}

/** int64 [B, T] below `vocabSize`. */
export function randomTokens(vocabSize: number, B: number, T: number): Tensor {
  const random = Random.derive(1, 'tokens');
  return indices(
    Array.from({ length: B * T }, () => random.int(0, vocabSize - 1)),
    [B, T],
    device,
  );
}

/** Mean next-token cross-entropy of int64 [B, T]. */
export function nextTokenLoss(model: LanguageModel, tokens: Tensor): Tensor {
  const T = tokens.size(1);
  const logits = model
    .forward({ tokens })
    .narrow(1, 0, T - 1)
    .flatten(0, 1);
  const targets = tokens.narrow(1, 1, T - 1).reshape([-1]);
  return aten('cross_entropy_loss')(logits, targets) as Tensor;
}

/** The `count` tokens that greedy decoding appends to each prompt of int64 [B, T]. */
export function greedy(model: LanguageModel, prompts: Tensor, count: number, cached: boolean): number[][] {
  return noGrad(() =>
    scope(() => {
      const [B, P] = prompts.shape as [number, number];
      const cache = cached ? model.newCache({ blocks: B, blockSize: P + count }) : undefined;
      let read = prompts;
      const found: Tensor[] = [];
      for (let i = 0; i < count; i++) {
        const rows = Array.from({ length: B }, (_, row) => ({
          blocks: [row],
          start: i === 0 ? 0 : P + i - 1,
          tokens: read.size(1),
        }));
        const hidden = model.hidden({ tokens: read, cache: cache?.pass(rows) });
        const next = model.logits(hidden.select(1, hidden.size(1) - 1)).argmax(-1, true);
        found.push(next);
        read = cached ? next : (aten('cat')([read, next], 1) as Tensor);
      }
      cache?.dispose();
      const all = aten('cat')(found, 1) as Tensor;
      return Array.from({ length: prompts.size(0) }, (_, row) => all.select(0, row).toArray());
    }),
  );
}

/** `rope_theta`, `rope_scaling`, `torch_dtype`: transformers 4. */
function oldStyle(keys: Keys): Keys {
  const { rope_parameters: rope, dtype, ...rest } = keys as Keys & { rope_parameters?: Keys };
  const { full_attention: full = rope, sliding_attention: sliding } = (rope ?? {}) as Record<string, Keys>;
  if (full === undefined) return keys;
  const { rope_theta, ...scaling } = full;
  const plain = Object.keys(scaling).join() === 'rope_type' && scaling.rope_type === 'default';
  return {
    ...rest,
    rope_theta,
    ...(sliding && { rope_local_base_freq: sliding.rope_theta }),
    rope_scaling: plain ? null : scaling,
    torch_dtype: dtype,
  };
}

/** `rope_parameters`, `dtype`: transformers 5. */
function newStyle(keys: Keys): Keys {
  const { rope_theta, rope_scaling, torch_dtype, ...rest } = keys as Keys & { rope_scaling?: Keys | null };
  if (rope_theta === undefined) return keys;
  const scaling = rope_scaling ?? { rope_type: 'default' };
  return { ...rest, rope_parameters: { ...scaling, rope_theta }, dtype: torch_dtype };
}
