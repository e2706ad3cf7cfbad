/** `aha score` and `aha generate` as a program runs them, on the shipped base model. */
import { describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';
import { Tokenizer } from '../../src/text/index.ts';

const BASE = 'models/tiny-base';
const ADAPTER = 'models/smollm2-r1-zero-lora';
const RECIPE = 'recipes/r1-zero-tiny.ts';
const PROMPTS = 'R1-Zero.prompts=[{"task":"jsonl","path":"no/such.jsonl"}]';
const QUESTION = 'User: what is 12 + 7 * 3 ? Assistant:';

async function run(...args: string[]) {
  const output = { out: '', err: '' };
  const io = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: { write: (text: string) => (output.err += text) },
  };
  return { status: await main(args, io), ...output };
}

async function json<T>(...args: string[]): Promise<T> {
  const { status, out, err } = await run(...args, '--json');
  expect(err).toBe('');
  expect(status).toBe(0);
  return JSON.parse(out) as T;
}

describe('aha score', () => {
  it('gives log-probabilities of every token but the first, and their mean as the loss', async () => {
    const text = `${QUESTION} 57 <eos>`;
    const result = await json<{ loss: number; logprobs: number[]; tokens: number[] }>(
      'score',
      BASE,
      '--text',
      text,
    );
    expect(result.logprobs).toHaveLength(result.tokens.length - 1);
    expect(result.loss).toBeCloseTo(-result.logprobs.reduce((a, b) => a + b) / result.logprobs.length, 10);
    const ids = Array.from(Tokenizer.load(BASE).encode(text)).join(',');
    const byIds = await json<{ loss: number }>('score', BASE, '--ids', ids);
    expect(byIds.loss).toBe(result.loss);
    // A trained model finds its own world far likelier than chance, ln 80 = 4.4.
    expect(result.loss).toBeLessThan(2.5);
  });

  it.each([
    [['score', BASE], /neither --text nor --ids is given\n.*Give --text 'a text' or --ids 5,6,7/],
    [['score', BASE, '--ids', '5,6', '--text', 'a'], /--text and --ids are given/],
    [['generate', BASE], /neither --prompt nor --ids is given\n.*--prompt/],
    [['score', BASE, '--ids', '5'], /at least two tokens/],
    [['score', BASE, '--ids', '5,6,99'], /token id 99 is outside the vocabulary of 96/],
    [['score', BASE, '--ids', '5,x'], /x/],
    [
      ['score', BASE, '--ids', Array<number>(258).fill(5).join()],
      /the text has 258 tokens, and the model reads 256 .*\n {2}give at most 257 tokens/,
    ],
    [
      ['score', ADAPTER, '--ids', '5,6'],
      /: a LoRA adapter of HuggingFaceTB\/SmolLM2-135M-Instruct, not a checkpoint/,
    ],
    [
      ['generate', ADAPTER, '--prompt', 'a'],
      /: a LoRA adapter of HuggingFaceTB\/SmolLM2-135M-Instruct, not a checkpoint/,
    ],
    [['score', 'no/such/folder', '--ids', '5,6'], /no\/such\/folder/],
    [['generate', BASE, '--prompt', 'a', '--device', 'cuda:9'], /cuda:9/],
    [['generate', BASE, '--prompt', 'a', '--temperature', '-1'], /temperature/],
    [['run', RECIPE, '--dry-run', '--set', PROMPTS], /no\/such\.jsonl/],
  ])('%j is a usage error', async (args, message) => {
    const { status, err } = await run(...args);
    expect(status).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('aha generate', () => {
  interface Generated {
    readonly tokens: number[];
    readonly text: string;
    readonly finish: string;
  }

  it('prints the new tokens only, and ends with the end of sequence', async () => {
    const result = await json<Generated>('generate', BASE, '--prompt', QUESTION, '--temperature', '0');
    expect(result.finish).toBe('stop');
    expect(result.tokens.at(-1)).toBe(Tokenizer.load(BASE).eosIds[0]);
    expect(result.text).not.toContain('User:');
    expect(result.text.length).toBeGreaterThan(0);
  });

  it('repeats itself with the same seed and not with another', async () => {
    const sample = (seed: string) =>
      json<Generated>(
        'generate',
        BASE,
        '--prompt',
        QUESTION,
        '--max-tokens',
        '40',
        '--ignore-eos',
        '--seed',
        seed,
      );
    const [first, again, other] = [await sample('1'), await sample('1'), await sample('2')];
    expect(again).toEqual(first);
    expect(other.tokens).not.toEqual(first.tokens);
    expect(first.tokens).toHaveLength(40);
    expect(first.finish).toBe('length');
  });

  it('refuses more tokens than the context holds behind the prompt, and fits the default to it', async () => {
    const prompt = ['generate', BASE, '--ids', Array(250).fill(5).join(','), '--ignore-eos'];
    const { status, err } = await run(...prompt, '--max-tokens', '7');
    expect(status).toBe(2);
    expect(err).toMatch(/250 tokens and 7 new ones \(--max-tokens\) do not fit.* 256 tokens/);
    expect(err).toMatch(/set --max-tokens to 6 or less/);
    expect((await json<Generated>(...prompt)).tokens).toHaveLength(6);
  });

  it('streams the same text that --json gives', async () => {
    const args = ['generate', BASE, '--prompt', QUESTION, '--seed', '3'];
    const { text } = await json<Generated>(...args);
    const { out } = await run(...args);
    expect(out.trim()).toBe(text.trim());
  });
});
