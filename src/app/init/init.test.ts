import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/eventually.ts';
import { sampleOf } from '../../../tests/support/long.ts';
import { aha } from '../cli/testing.ts';
import { init } from './init.ts';

const base = mkdtempSync(path.join(tmpdir(), 'aha-init-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const here = (name: string) => path.join(base, name);
const read = (...names: string[]) => readFileSync(path.join(base, ...names), 'utf8');
const tiny = ['--model', 'models/tiny-base', '--task', 'recipes/own-task/test.jsonl'];

describe('aha init', () => {
  it('writes a recipe that the dry run takes, a reward, a README of five lines and the questions', async () => {
    const { code, stdout, stderr } = await aha('init', here('sums'), ...tiny);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('all weights trained, 16 prompts of 8 responses a step');
    expect(readdirSync(here('sums'))).toEqual([
      'README.md',
      'recipe.ts',
      'reward.ts',
      'test.jsonl',
      'train.jsonl',
    ]);
    expect(read('sums', 'README.md').trimEnd().split('\n')).toHaveLength(5);
    expect(read('sums', 'train.jsonl').trimEnd().split('\n')).toHaveLength(58);
    const dry = await aha('run', here('sums'), '--dry-run', '--json');
    const { recipe } = JSON.parse(dry.stdout);
    expect(recipe).toMatchObject({ name: 'sums', device: 'cpu' });
    expect(recipe.stages[1]).toMatchObject({ model: 'models/tiny-base', promptsPerStep: 16, groupSize: 8 });
    // Nothing of the draft is left beside.
    expect(readdirSync(base)).toEqual(['sums']);
  });

  it('overwrites nothing unless told to', async () => {
    const again = await aha('init', here('sums'), ...tiny);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is there already\n  Name another folder, or overwrite with --force.');
    writeFileSync(here('sums/notes.md'), 'mine');
    writeFileSync(here('sums/reward.ts'), '');
    expect((await aha('init', here('sums'), ...tiny, '--force', '--yes', '--json')).code).toBe(0);
    expect(read('sums', 'reward.ts')).toContain('verifyMath');
    expect(read('sums', 'notes.md')).toBe('mine');
  });

  it('names its own model from where the recipe is, and scores a family by its own scorer', async () => {
    cpSync('models/tiny-base', here('mine'), { recursive: true });
    const cwd = process.cwd();
    process.chdir(base);
    try {
      expect(await aha('init', 'deep/er', '--model', 'mine', '--task', 'countdown')).toMatchObject({
        code: 0,
      });
    } finally {
      process.chdir(cwd);
    }
    expect(read('deep/er', 'recipe.ts')).toContain("const MODEL = '../../mine';");
    expect(read('deep/er', 'recipe.ts')).toContain("family: 'countdown', maxLevel: 2");
    expect(read('deep/er', 'reward.ts')).toContain("findFamily('countdown')");
    expect(read('deep/er', 'recipe.ts')).toContain("name: 'er'");
  });

  it.each([
    [['--task', 'countdown'], '--model is not given'],
    [['--model', 'models/tiny-base'], '--task is not given'],
    [['--model', 'no-such', '--task', 'countdown'], 'no-such: no checkpoint'],
    [['--model', 'models/tiny-base', '--task', 'no-such'], 'no-such: neither a file nor a task family'],
    [[...tiny, '--hardware', 'tpu'], 'Allowed choices are auto, cpu, gpu.'],
    [['package.json', ...tiny], 'package.json is a file'],
    [[...tiny, '--memory', '0'], 'Expected a number above 0.'],
    [[...tiny, '--memory', '0.001'], 'the model does not fit'],
  ])('%j is wrong usage, and leaves nothing behind', async (argv, message) => {
    const { code, stderr } = await aha(
      'init',
      ...(argv[0]!.startsWith('--') ? [here('never')] : []),
      ...argv,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(existsSync(here('never'))).toBe(false);
  });
});

describe('what fits', () => {
  /** The shape of Qwen2.5-7B with a small vocabulary's tokenizer: nothing here reads the weights. */
  const shape = {
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_size: 3584,
    intermediate_size: 18944,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    vocab_size: 152_064,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    tie_word_embeddings: false,
  };

  const fits: [memory: string, has: string[], lacks: string[]][] = [
    ['170', ["checkpoint: '@train'"], ['lora']],
    ['40', ["checkpoint: '@train'", 'lora: {},'], ['base:']],
    ['16', ['validate: {', "lora: { base: 'int8' }"], ['evaluate']],
    ['12', ['validate: {', "lora: { base: 'nf4' }"], ['evaluate']],
  ];
  it.each(sampleOf(fits, 2))('of a 7B model into a GPU of %s GiB elsewhere', async (memory, has, lacks) => {
    mkdirSync(here('7b'), { recursive: true });
    for (const file of ['tokenizer.json', 'tokenizer_config.json'])
      cpSync(path.join('models/tiny-base', file), here(`7b/${file}`));
    writeFileSync(here('7b/config.json'), JSON.stringify(shape));
    const argv = ['--model', here('7b'), '--task', 'countdown', '--hardware', 'gpu', '--memory', memory];
    const { code, stderr } = await aha('init', here(`gpu-${memory}`), ...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const recipe = read(`gpu-${memory}`, 'recipe.ts');
    for (const text of has) expect(recipe).toContain(text);
    for (const text of lacks) expect(recipe).not.toContain(text);
    // The head says what was too large, and the recipe asks for what only a GPU chooses by itself.
    const tooLarge = /\* Too large, each with the smallest batch:\n \* +\d+\.\d GiB {2}all weights trained\n/;
    expect(tooLarge.test(recipe)).toBe(recipe.includes('lora'));
    expect(recipe).toContain("precision: 'bf16'");
  });
});

it('asks for what no option says, and asks again where an answer cannot be used', async () => {
  const said: string[] = [];
  const typed = [here('sums'), here('asked'), 'no-such', 'models/tiny-base', 'countdwn', 'countdown'];
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question.split(' ')[0]!);
    return typed.shift()!;
  };
  const io = { stdout: { write: () => undefined }, stderr: { write: (text: string) => said.push(text) } };
  const written = await init(null, { hardware: 'cpu' }, ask, io);
  expect(asked).toEqual(['Folder', 'Folder', 'Model', 'Model', 'Task', 'Task']);
  expect(said.join('')).toMatch(/is there already[\s\S]*no checkpoint[\s\S]*Did you mean countdown\?/);
  expect(written).toMatchObject({ dir: here('asked'), files: ['recipe.ts', 'reward.ts', 'README.md'] });
  expect(existsSync(here('asked/recipe.ts'))).toBe(true);
});

describe('an interrupt', () => {
  it('leaves no draft behind', async () => {
    const parent = mkdtempSync(path.join(base, 'interrupted-'));
    const entry = fileURLToPath(new URL('../../../tests/support/aha.ts', import.meta.url));
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      entry,
      'init',
      path.join(parent, 'mine'),
      ...tiny,
    ]);
    await eventually(() => expect(readdirSync(parent)).toEqual([expect.stringMatching(/^\.aha-init-/)]));
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(readdirSync(parent)).toEqual([]);
    expect(code).toBe(130);
  });
});
