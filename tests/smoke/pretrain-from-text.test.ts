/** From text to a base: a tokenizer of a text, a model of that tokenizer, its samples; then from that checkpoint on. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';
import { pretrain } from '../../src/stages/pretrain/pretrain.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-from-text-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const at = (...names: string[]) => path.join(root, ...names);
const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));

async function aha(...args: string[]) {
  const output = { out: '', err: '' };
  const io = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: { write: (text: string) => (output.err += text) },
  };
  return { status: await main(args, io), ...output };
}

const stories = 'recipes/base-from-text/stories.txt';

beforeAll(async () => {
  await aha('tokenizer', 'train', stories, '--vocab-size', '512', '--out', at('tokenizer'));
  const rows = readFileSync(stories, 'utf8')
    .split('\n\n')
    .map((body) => `${JSON.stringify({ body })}\n`);
  writeFileSync(at('stories.jsonl.gz'), gzipSync(rows.join('')));
});

const config = {
  stage: 'pretrain' as const,
  name: 'base',
  model: { ...TINY_CONFIG, vocab_size: 512 },
  tokenizer: at('tokenizer'),
  data: [
    { source: 'file' as const, path: stories, separator: '\n\n', weight: 2 },
    { source: 'file' as const, path: at('stories.jsonl.gz'), textField: 'body', weight: 1 },
    { source: 'world' as const, weight: 1, maxNumbers: 3 },
  ],
  steps: 6,
  rowLength: 96,
  rowsPerStep: 8,
  optimizer: { peak: 5e-3, warmup: 2 },
};

describe('from text to a base', () => {
  it('trains the recipe’s model a little, and samples text from it', async () => {
    const settings = [
      `base.tokenizer=${at('tokenizer')}`,
      'base.steps=12',
      'base.optimizer.warmup=2',
      'base.rowLength=96',
      'base.model.num_hidden_layers=1',
    ];
    const ran = await aha(
      'run',
      'recipes/base-from-text.ts',
      '--out',
      at('run'),
      '--device',
      'cpu',
      ...settings.flatMap((setting) => ['--set', setting]),
    );
    expect(ran.status, ran.err).toBe(0);
    const losses = readFileSync(at('run', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { loss: number }).loss);
    expect(losses[0]).toBeCloseTo(Math.log(512), 0);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 1);
    const base = at('run', 'base');
    const { eosId } = Tokenizer.load(at('tokenizer'));
    expect(JSON.parse(readFileSync(path.join(base, 'config.json'), 'utf8'))).toMatchObject({
      eos_token_id: eosId,
    });
    const sampled = await aha('generate', base, '--prompt', 'One morning', '--max-tokens', '24', '--json');
    expect(sampled.status, sampled.err).toBe(0);
    expect((JSON.parse(sampled.out) as { text: string }).text).toMatch(/[a-z]{2}/);
  });

  it('goes on from an interruption to the same weights, bit for bit', async () => {
    const { notes } = await runStage(pretrain, config, { dir: at('whole') });
    expect(notes).toEqual([
      expect.stringMatching(/stories\.txt: [\d,]+ tokens, 360 documents/),
      expect.stringMatching(/stories\.jsonl\.gz: [\d,]+ tokens, 360 documents/),
    ]);
    const controller = new AbortController();
    const interrupted = runStage(pretrain, config, {
      dir: at('broken'),
      signal: controller.signal,
      onStep: ({ step }) => step === 3 && controller.abort(new Error('stop')),
    });
    await expect(interrupted).rejects.toThrow('stop');
    const rest = await runStage(pretrain, config, { dir: at('broken') });
    expect(rest.reports.map(({ step }) => step)).toEqual([4, 5, 6]);
    expect(weights(at('broken')).equals(weights(at('whole')))).toBe(true);
  });

  it('goes on from a checkpoint with its tokenizer', async () => {
    const { model: _, tokenizer: __, ...rest } = config;
    const data = [{ source: 'file' as const, path: stories, separator: '\n\n' }];
    const { reports, notes } = await runStage(
      pretrain,
      { ...rest, data, model: at('whole'), steps: 2 },
      { dir: at('on') },
    );
    expect(reports[0]!.loss).toBeLessThan(Math.log(512) - 0.3);
    expect(notes.at(-1)).toMatch(/^2 steps are about 0\.0 passes over [\d,]+ tokens$/);
    expect(
      readFileSync(at('on', 'tokenizer.json')).equals(readFileSync(at('tokenizer', 'tokenizer.json'))),
    ).toBe(true);
  });
});

describe('settings that do not go together', () => {
  const { tokenizer: _, ...withoutTokenizer } = config;
  const file = { source: 'file', path: stories };
  const empty = at('empty-folder');

  it.each([
    [
      'no tokenizer',
      withoutTokenizer,
      /base\.tokenizer: is missing: text of a file needs a folder .*`aha tokenizer train`/,
    ],
    [
      'the small world’s tokenizer',
      { ...config, tokenizer: 'world' },
      /base\.tokenizer: "world": .*small world alone/,
    ],
    [
      'no such tokenizer',
      { ...config, tokenizer: 'none' },
      /tokenizer: none: there is no such .*\n.*\n.*aha tokenizer train/,
    ],
    [
      'a folder without a tokenizer',
      { ...config, tokenizer: empty },
      /tokenizer\.json: not found\n.*\n.*aha tokenizer train/,
    ],
    [
      'a model that is too narrow',
      { ...config, model: TINY_CONFIG },
      /model\.vocab_size: 96, but the tokenizer has 512 tokens\n.*512 or more/,
    ],
    [
      'a checkpoint that is too narrow',
      { ...config, model: 'models/tiny-base' },
      /model\.vocab_size: 96, but the tokenizer has 512 tokens\n.*`tokenizer` out to take that of models\/tiny-base/,
    ],
    [
      'settings of the small world twice',
      { ...config, documents: {} },
      /base\.documents: \{\}: .*entry \{ source: "world" \}/,
    ],
    [
      'no such file',
      { ...config, data: [{ ...file, path: 'none.txt' }] },
      /none\.txt: there is no such file/,
    ],
  ])('are told by the dry run with exit status 2: %s', async (_, stage, message) => {
    mkdirSync(empty, { recursive: true });
    const recipe = at('recipe.json');
    writeFileSync(recipe, JSON.stringify({ name: 'from-text', stages: [stage] }));
    const { status, err } = await aha('run', recipe, '--dry-run', '--device', 'cpu');
    expect(err).toMatch(message);
    expect(status).toBe(2);
  });
});
