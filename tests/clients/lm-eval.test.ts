/**
 * lm-evaluation-harness with a served model: its tasks of multiple choice, perplexity and generation over local files.
 * Random weights, so the numbers and not what they say of the model: they are those that training computes.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sample } from '../../src/inference/engine/index.ts';
import { type LanguageModel, loadModel } from '../../src/models/index.ts';
import type { Completion } from '../../src/records.ts';
import { computeLogprobs } from '../../src/rl/loss/index.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { pythonPackages } from '../support/installed.ts';
import { type RealServer, serveReal } from './real-server.ts';

const HARNESS = await pythonPackages({ 'lm-eval[api]': '0.4.13', transformers: '5.24.0' });

const QUESTIONS = [
  { question: 'Two and two is', choices: ['four', 'five', 'a lot'], answer: 0 },
  { question: 'The sky is', choices: ['green', 'blue'], answer: 1 },
  { question: 'Ün été', choices: ['chaud', 'froid'], answer: 0 },
];
const TEXTS = ['A short text.', 'A longer one, of several words: ½ of it is about nothing at all.'];
const PROMPTS = ['Count: 1, 2, 3,', 'Say:'];

const TASKS = {
  choice: `
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: "{{choices}}"
doc_to_target: "{{answer}}"
metric_list: [{metric: acc}]`,
  rolling: `
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list: [{metric: byte_perplexity}]`,
  generate: `
output_type: generate_until
doc_to_text: "{{text}}"
doc_to_target: "x"
generation_kwargs: {until: ["\\n\\n"], max_gen_toks: 8, temperature: 0, do_sample: false}
metric_list: [{metric: exact_match}]`,
};
const ROWS: { readonly [task in keyof typeof TASKS]: readonly object[] } = {
  choice: QUESTIONS,
  rolling: TEXTS.map((text) => ({ text })),
  generate: PROMPTS.map((text) => ({ text })),
};

interface Sample {
  readonly doc: { readonly text: string; readonly question: string; readonly choices: readonly string[] };
  readonly resps: readonly (readonly (string | readonly [string, string])[])[];
}

const dir = mkdtempSync(path.join(tmpdir(), 'aha-lm-eval-'));
let server: RealServer;
let model: LanguageModel;
let tokenizer: Tokenizer;
const samples = new Map<string, readonly Sample[]>();

/** The samples that the harness logs, by task. */
async function run(checkpoint: string): Promise<void> {
  for (const [task, settings] of Object.entries(TASKS)) {
    const rows = path.join(dir, `${task}.jsonl`);
    const lines = ROWS[task as keyof typeof TASKS].map((row) => `${JSON.stringify(row)}\n`);
    writeFileSync(rows, lines.join(''));
    const source = `task: ${task}\ndataset_path: json\ntest_split: test\ndataset_kwargs: {data_files: {test: ${rows}}}`;
    writeFileSync(path.join(dir, `${task}.yaml`), source + settings);
  }
  const url = `${server.url}/v1/completions`;
  const told = `model=bytes,base_url=${url},tokenizer=${checkpoint},max_length=1024,max_retries=1`;
  const out = path.join(dir, 'out');
  mkdirSync(out);
  const args = ['-m', 'lm_eval', '--model', 'local-completions', '--model_args', told, '--batch_size', '2'];
  const more = ['--tasks', Object.keys(TASKS).join(','), '--include_path', dir, '--output_path', out];
  await promisify(execFile)(HARNESS.python, [...args, ...more, '--log_samples'], {
    // Nothing of this environment's, which may name proxies; and nothing of the network's.
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      HF_HUB_OFFLINE: '1',
      HF_DATASETS_OFFLINE: '1',
      OPENAI_API_KEY: 'none',
    },
    timeout: 300_000,
    maxBuffer: 2 ** 26,
  });
  for (const file of readdirSync(out, { recursive: true }) as string[]) {
    const task = /samples_([a-z]+)_/.exec(file)?.[1];
    if (task === undefined) continue;
    const text = readFileSync(path.join(out, file), 'utf8').trim();
    samples.set(
      task,
      text.split('\n').map((line) => JSON.parse(line) as Sample),
    );
  }
}

/** log P(continuation | context) as training computes it. */
function loglikelihood(context: readonly number[], continuation: readonly number[]): number {
  const completion = {
    promptTokens: Int32Array.from(context),
    tokens: Int32Array.from(continuation),
  } as Completion;
  const pass = { temperature: 1, tokensPerMicroBatch: 1024, padToken: 0 };
  const { logprobs } = computeLogprobs(model, [completion], pass)[0]!;
  return logprobs.reduce((sum, one) => sum + one, 0);
}

const ids = (text: string): number[] => Array.from(tokenizer.encode(text));

describe.skipIf(HARNESS.missing)(`lm-evaluation-harness${HARNESS.note}`, () => {
  beforeAll(async () => {
    const checkpoint = await writeByteCheckpoint(dir);
    server = await serveReal(checkpoint);
    model = loadModel(checkpoint);
    tokenizer = Tokenizer.load(checkpoint);
    await run(checkpoint);
  }, 400_000);
  afterAll(async () => {
    await server?.close();
    model?.dispose();
  });

  it('gets the log-likelihood of each choice', () => {
    const seen = samples.get('choice')!;
    expect(seen).toHaveLength(QUESTIONS.length);
    for (const { doc, resps } of seen) {
      expect(resps).toHaveLength(doc.choices.length);
      for (const [i, choice] of doc.choices.entries()) {
        const [told] = resps[i]![0] as readonly [string, string];
        expect(Number(told)).toBeCloseTo(loglikelihood(ids(doc.question), ids(` ${choice}`)), 3);
      }
    }
  });

  it('gets the log-likelihood of whole texts', () => {
    const seen = samples.get('rolling')!;
    expect(seen).toHaveLength(TEXTS.length);
    for (const { doc, resps } of seen) {
      const told = Number((resps[0] as readonly (string | readonly string[])[]).flat()[0]);
      expect(told).toBeCloseTo(loglikelihood([tokenizer.eosId], ids(doc.text)), 3);
    }
  });

  it('gets greedy continuations', () => {
    const seen = samples.get('generate')!;
    expect(seen).toHaveLength(PROMPTS.length);
    for (const { doc, resps } of seen) {
      const settings = { temperature: 0, groupSize: 1, maxTokens: 8, stopTokens: tokenizer.eosIds };
      const { tokens } = sample(model, [Int32Array.from(ids(doc.text))], settings)[0]![0]!;
      const text = tokenizer.decode(tokens, { skipSpecial: true });
      expect(resps[0]).toEqual([text.split('\n\n')[0]]);
    }
  });

  it('left no error behind', () => {
    expect(server.errors).toEqual([]);
  });
});
