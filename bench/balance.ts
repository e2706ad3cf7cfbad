/**
 * @file The load of experts with and without balance: a small deepseek_v3 pre-trained from random weights on the small world.
 *
 *   npm run bench -- balance [steps, default 300]
 *
 * Three seeds of each way. Reported are means over the last 50 steps.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StepReport } from '../src/records.ts';
import { pretrain } from '../src/stages/pretrain/pretrain.ts';
import { worldTokenizer } from '../src/world/index.ts';
import { runStage } from '../tests/support/stage.ts';

/** Two layers of 16 experts after a dense one, 2 for each token and a shared one. */
const SHAPE = {
  model_type: 'deepseek_v3',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  q_lora_rank: null,
  kv_lora_rank: 32,
  qk_nope_head_dim: 16,
  qk_rope_head_dim: 16,
  v_head_dim: 16,
  first_k_dense_replace: 1,
  moe_intermediate_size: 32,
  n_routed_experts: 16,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  tie_word_embeddings: true,
};

const WAYS = {
  nothing: {},
  'expertBias 0.005': { expertBias: 0.005 },
  'expertBias 0.005, balanceLoss 0.0001': { expertBias: 0.005, balanceLoss: 0.0001 },
  'balanceLoss 0.01': { balanceLoss: 0.01 },
} as const;

const LAST = 50;

/** Prints a row for each way and seed: load, experts without a token in a step, experts that died, loss. */
export async function balance(steps = '300'): Promise<void> {
  const model = { ...SHAPE, vocab_size: worldTokenizer().vocabSize };
  console.log('balance | seed | largest load / mean | experts without a token | loss | warnings');
  for (const [way, settings] of Object.entries(WAYS)) {
    for (const seed of [0, 1, 2]) {
      const dir = mkdtempSync(path.join(tmpdir(), 'aha-balance-'));
      const config = {
        stage: 'pretrain' as const,
        name: 'balance',
        model,
        steps: Number(steps),
        rowLength: 96,
        rowsPerStep: 8,
        optimizer: { peak: 3e-3, warmup: 20, ...settings },
        checkpointEvery: Number(steps),
      };
      const { reports, warnings } = await runStage(pretrain, config, { dir, seed });
      rmSync(dir, { recursive: true });
      const last = reports.slice(-LAST);
      const [load, idle, loss] = ['experts/load_max', 'experts/idle_ratio', 'loss'].map((name) =>
        mean(last, name),
      );
      const row = [
        load!.toFixed(2),
        `${(100 * idle!).toFixed(1)} %`,
        loss!.toFixed(3),
        warnings.join(' ') || '–',
      ];
      console.log([way, seed, ...row].join(' | '));
    }
  }
}

function mean(reports: readonly StepReport[], name: string): number {
  return reports.reduce((sum, report) => sum + report[name]!, 0) / reports.length;
}
