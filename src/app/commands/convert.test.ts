import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import { loadModel, loraSchema, saveAdapter, withLora } from '../../models/index.ts';
import { adaptedLayers } from '../../models/layers/index.ts';
import { Tokenizer } from '../../text/index.ts';
import { indices, noGrad, randn, scope } from '../../torch/index.ts';
import { aha } from '../cli/testing.ts';

const root = mkdtempSync(path.join(tmpdir(), 'convert-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(path.join(root, 'one-'));
const CHATML =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

/** A checkpoint, and the GGUF file that the command makes of it. */
async function converted(...options: string[]): Promise<{ checkpoint: string; file: string }> {
  const config = { eos_token_id: 266, pad_token_id: 264 };
  const checkpoint = await writeByteCheckpoint(folder(), { chatTemplate: CHATML, config });
  const file = path.join(folder(), 'small.gguf');
  const { code, stderr } = await aha('convert', checkpoint, file, ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { checkpoint, file };
}

describe('aha convert', () => {
  it('writes a GGUF file and its Modelfile, and a folder again', async () => {
    const { checkpoint, file } = await converted();
    expect(readFileSync(file.replace('.gguf', '.Modelfile'), 'utf8')).toBe(
      [
        'FROM ./small.gguf',
        'TEMPLATE """{{ $last := "" }}{{ range .Messages }}{{ if eq .Role "system" }}<|im_start|>system',
        '{{ else if eq .Role "assistant" }}<|im_end|>',
        '<|im_start|>assistant',
        '{{ else if eq $last "system" }}<|im_end|>',
        '<|im_start|>user',
        '{{ else if eq $last "" }}<|im_start|>user',
        '{{ else }}<|im_end|>',
        '<|im_start|>user',
        '{{ end }}{{ .Content }}{{ $last = .Role }}{{ end }}<|im_end|>',
        '<|im_start|>assistant',
        '"""',
        'PARAMETER stop "<|im_end|>"',
        '',
      ].join('\n'),
    );
    const again = path.join(folder(), 'again');
    const { stdout } = await aha('convert', file, again, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ out: again, to: 'hf', type: 'f32', modelfile: null });
    expect(readFileSync(path.join(again, 'model.safetensors'))).toEqual(
      readFileSync(path.join(checkpoint, 'model.safetensors')),
    );
  });

  it('quantises, and converts one GGUF file into another', async () => {
    const { file } = await converted('--type', 'bf16');
    const other = path.join(folder(), 'q8.gguf');
    const { code, stdout } = await aha('convert', file, other, '--to', 'gguf', '--type', 'q8_0');
    expect(code).toBe(0);
    expect(stdout).toMatch(/q8\.gguf: GGUF file \(its Modelfile: .*q8\.Modelfile\), q8_0, .* in .* s\n$/);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['no checkpoint', ['nowhere', 'a.gguf'], /^aha: nowhere: no checkpoint/],
    ['no GGUF file', ['nowhere.gguf', 'a'], /^aha: nowhere\.gguf: no checkpoint/],
    ['a name that is none', ['models/aha-base', 'a'], /^aha: a: the name of a GGUF file ends with \.gguf/],
    [
      'a vocabulary of words',
      ['models/aha-base', '/tmp/none.gguf'],
      /model "WordLevel" has no equivalent in llama\.cpp/,
    ],
    [
      'an unknown type',
      ['models/aha-base', 'a.gguf', '--type', 'q3'],
      /Allowed choices are f32, f16, bf16, q8_0, q4_k_m/,
    ],
  ])('refuses %s with status 2', async (_, args, message) => {
    const { code, stderr } = await aha('convert', ...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('refuses a quantised folder, a place that is taken, and a file that is cut short', async () => {
    const { file } = await converted();
    const run = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await aha('convert', file, ...args);
      expect(code).toBe(2);
      return stderr;
    };
    const out = path.join(folder(), 'out');
    expect(await run(out, '--type', 'q8_0')).toMatch(/--type q8_0: a Hugging Face folder is not quantised/);
    expect(await run(file, '--to', 'gguf')).toMatch(/small\.gguf: there is a checkpoint already/);
    const other = path.join(folder(), 'other.gguf');
    writeFileSync(other.replace('.gguf', '.Modelfile'), 'own');
    expect(await run(other, '--to', 'gguf')).toMatch(/other\.Modelfile: there is a Modelfile already/);
    expect((await aha('convert', file, out)).code).toBe(0);
    expect(await run(out)).toMatch(/out: there is a checkpoint already\n {2}Use --overwrite/);
    expect((await aha('convert', file, out, '--overwrite')).code).toBe(0);
    truncateSync(file, 30_000);
    const nowhere = path.join(folder(), 'none');
    expect(await run(nowhere)).toMatch(/small\.gguf: .*\n {2}The file is truncated or altered/);
    expect(existsSync(nowhere)).toBe(false);
    writeFileSync(file, 'no model');
    expect(await run(nowhere)).toMatch(/8 bytes are no GGUF file/);
  });
});

describe('aha convert --base', () => {
  it('merges an adapter into its base', async () => {
    const base = await writeByteCheckpoint(folder());
    const [adapter, out] = [folder(), path.join(folder(), 'merged')];
    const model = withLora(loadModel(base), loraSchema.parse({ rank: 2, targets: ['q_proj'] }), 0);
    for (const [, { lora }] of adaptedLayers(model))
      noGrad(() => scope(() => lora!.B.add_(randn(lora!.B.shape))));
    await saveAdapter(model, adapter, base);
    const { code, stderr } = await aha('convert', adapter, out, '--base', base);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const score = async (place: string): Promise<{ logprobs: number[] }> =>
      JSON.parse((await aha('score', place, '--text', 'the thought', '--json')).stdout);
    const { logprobs } = await score(out);
    expect(logprobs).not.toEqual((await score(base)).logprobs);
    const input = Tokenizer.load(base).encode('the thought', { addSpecial: true });
    const expected = scope(() =>
      noGrad(() => model.forward({ tokens: indices(Array.from(input), [1, input.length]) }))
        .logSoftmax(-1)
        .select(0, 0)
        .gather(1, indices([...input.slice(1), 0], [input.length, 1]))
        .flatten()
        .toFloat32Array(),
    );
    for (const [i, logprob] of logprobs.entries()) expect(logprob).toBeCloseTo(expected[i]!, 4);
    model.dispose();
  });

  const ADAPTER = 'models/smollm2-r1-zero-lora';
  it.each<[string, number, readonly string[], RegExp]>([
    ['a checkpoint in its place', 2, ['models/tiny-base', 'a'], /^aha: models\/tiny-base: no LoRA adapter/],
    ['a GGUF file', 2, [ADAPTER, 'a.gguf', '--to', 'gguf'], /^aha: --to gguf: an adapter is merged/],
    ['another base', 1, [ADAPTER, path.join(root, 'none')], /Use the model the adapter was trained on/],
  ])('refuses %s', async (_, status, args, message) => {
    const { code, stderr } = await aha('convert', ...args, '--base', 'models/tiny-base');
    expect({ code, stderr }).toEqual({ code: status, stderr: expect.stringMatching(message) });
    expect(existsSync(path.join(root, 'none'))).toBe(false);
  });
});

describe('a GGUF file as a checkpoint', () => {
  it('scores and generates as its folder does', async () => {
    const { checkpoint, file } = await converted();
    const score = async (place: string): Promise<unknown> =>
      JSON.parse((await aha('score', place, '--text', 'the thought', '--json')).stdout);
    expect(await score(file)).toEqual(await score(checkpoint));
    const generate = async (place: string): Promise<string> =>
      (await aha('generate', place, '--prompt', 'the', '--temperature', '0', '--max-tokens', '8')).stdout;
    expect(await generate(file)).toBe(await generate(checkpoint));
  });

  it('is a model of a recipe', async () => {
    const { file } = await converted();
    const dir = folder();
    const recipe = path.join(dir, 'recipe.mjs');
    const stage = {
      stage: 'sft',
      name: 'Tuned',
      model: file,
      data: [{ source: 'general', count: 2 }],
      template: 'plain',
      steps: 1,
      batchSize: 2,
      optimizer: { peak: 1e-3 },
    };
    writeFileSync(recipe, `export default ${JSON.stringify({ name: 'tuned', seed: 0, stages: [stage] })};`);
    const out = path.join(dir, 'run');
    const { code, stderr, stdout } = await aha('run', recipe, '--out', out);
    expect({ code, stderr, stdout: code === 0 ? '' : stdout }).toEqual({
      code: 0,
      stderr: expect.anything(),
      stdout: '',
    });
    expect(readdirSync(path.join(out, 'Tuned'))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']),
    );
  });
});
