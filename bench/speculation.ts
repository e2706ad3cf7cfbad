/**
 * @file Speculative decoding by a model's own predictor: the share of drafts that is accepted, and speed beside plain decoding.
 *
 *   npm run bench -- speculation [steps, default 400]
 *
 * A small deepseek_v3 is pre-trained on the small world with multi-token prediction. It answers questions of the world's chain
 * task with and without guesses: greedily and at temperature 1, one row and 64 rows at a time, by ordinary passes both. Of each,
 * the median of 3 runs, in the process's own time: run it on one thread (AHA_THREADS=1).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHeldOut, promptsSchema } from '../src/data/index.ts';
import { type Continuation, Engine, FREE, PLAIN, Prompt, Sequence } from '../src/inference/engine/index.ts';
import { type LanguageModel, loadModel } from '../src/models/index.ts';
import { Random } from '../src/random.ts';
import { pretrain } from '../src/stages/pretrain/pretrain.ts';
import { encodePrompt, Tokenizer } from '../src/text/index.ts';
import { worldTokenizer } from '../src/world/index.ts';
import { runStage } from '../tests/support/stage.ts';
import { median } from './gpu/bench.ts';

const SHAPE = {
  model_type: 'deepseek_v3',
  hidden_size: 96,
  intermediate_size: 256,
  num_hidden_layers: 8,
  num_attention_heads: 4,
  q_lora_rank: null,
  kv_lora_rank: 48,
  qk_nope_head_dim: 16,
  qk_rope_head_dim: 16,
  v_head_dim: 24,
  first_k_dense_replace: 1,
  moe_intermediate_size: 64,
  n_routed_experts: 8,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  num_nextn_predict_layers: 1,
  tie_word_embeddings: true,
};
const NEW = 48;
const RUNS = 3;

/** Prints rows: temperature, rows at once, drafts accepted, tokens/s without and with drafts, their ratio. */
export async function speculation(steps = '400'): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-speculation-'));
  try {
    await train(dir, Number(steps));
    const model = loadModel(dir, { predictors: true });
    const prompts = await questions(Tokenizer.load(dir));
    console.log('temperature | rows | drafts accepted | tokens/s plain | with drafts | ratio');
    for (const temperature of [0, 1]) {
      for (const rows of [1, 64]) measure(model, prompts, { temperature, rows });
    }
    model.dispose();
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function train(dir: string, steps: number): Promise<void> {
  const config = {
    stage: 'pretrain' as const,
    name: 'speculation',
    model: { ...SHAPE, vocab_size: worldTokenizer().vocabSize },
    steps,
    rowLength: 96,
    rowsPerStep: 8,
    optimizer: { peak: 3e-3, warmup: 20, shape: 'cosine' as const, expertBias: 0.005 },
    mtp: { weight: 0.3 },
    checkpointEvery: steps,
  };
  const { reports } = await runStage(pretrain, config, { dir, seed: 0 });
  const last = reports.at(-1)!;
  const numbers = ['loss', 'mean_token_accuracy', 'mtp/loss', 'mtp/accuracy'];
  console.log(numbers.map((name) => `${name} ${last[name]!.toFixed(3)}`).join(', '));
}

async function questions(tokenizer: Tokenizer): Promise<Int32Array[]> {
  const source = await openHeldOut(promptsSchema.parse([{ task: 'chain' }]), {
    seed: 0,
    resolve: (name) => name,
    note: () => undefined,
  });
  return source.take(64).map(({ text }) => Int32Array.from(encodePrompt('plain', text, tokenizer)));
}

interface Load {
  readonly temperature: number;
  readonly rows: number;
}

function measure(model: LanguageModel, prompts: readonly Int32Array[], load: Load): void {
  // Turn by turn, so that a slow moment of the machine meets both.
  const turns = Array.from({ length: RUNS }, () =>
    [false, true].map((speculate) => run(model, prompts, load, speculate)),
  );
  const [plain, guessed] = [0, 1].map((way) => median(turns.map((turn) => turn[way]!.rate)));
  const row = [
    load.temperature,
    load.rows,
    `${(100 * turns[0]![1]!.taken!).toFixed(1)} %`,
    plain!.toFixed(0),
    guessed!.toFixed(0),
    (guessed! / plain!).toFixed(2),
  ];
  console.log(row.join(' | '));
}

/** Replies of `NEW` tokens to every prompt, or with one row to the first eight. */
function run(
  model: LanguageModel,
  prompts: readonly Int32Array[],
  { temperature, rows }: Load,
  speculate: boolean,
) {
  const asked = rows === 1 ? prompts.slice(0, 8) : prompts;
  const context = Math.max(...asked.map(({ length }) => length)) + NEW;
  const cacheTokens = (rows + 1) * context;
  const options = { maxRows: rows, context, blockSize: context, cacheTokens, prefillTokens: 8192 };
  const engine = new Engine(model, { ...options, favours: 'throughput', graphs: false, speculate });
  for (const [i, tokens] of asked.entries()) {
    const random = temperature === 0 ? null : Random.derive(0, i);
    const sampling = { ...PLAIN, temperature, random, counts: new Map<number, number>() };
    engine.add(new Sequence(new Prompt(tokens), sampling, taker()));
  }
  const begun = process.cpuUsage();
  while (engine.busy) engine.step();
  const { user, system } = process.cpuUsage(begun);
  const { generatedTokens } = engine.stats;
  const counts = engine.speculation;
  engine.dispose();
  return {
    rate: generatedTokens / ((user + system) / 1e6),
    taken: counts && counts.acceptedTokens / counts.draftedTokens,
  };
}

/** Takes `NEW` tokens. */
function taker(): Continuation {
  let left = NEW;
  return {
    ready: true,
    free: true,
    constrain: () => FREE,
    accept: () => --left > 0,
    started: () => undefined,
    failed: (error) => {
      throw error;
    },
  };
}
