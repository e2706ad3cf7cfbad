/**
 * @file A whole step of GRPO through `aha run`: rollout, reward, update, as metrics.jsonl splits it.
 *
 *   npm run bench -- gpu grpo [key=value…]
 *
 * The checkpoint has random weights and a tokenizer of bytes whose vocabulary is filled up, so that responses go on to their
 * limit. A script pays for the first letter, which costs nothing and gives every group both rewards.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../setup/status.mjs';
import { UserError } from '../../src/errors.ts';
import { Bench, median, round } from './bench.ts';
import { writeRandomCheckpoint } from './random-checkpoint.ts';
import type { Settings } from './settings.ts';

/**
 * `prompts`, `group`: responses of a step are their product. `prompt`, `new`: tokens. `steps`: the first is not counted.
 * `micro`: tokens of a micro-batch.
 */
export async function grpo(settings: Settings): Promise<void> {
  const bench = new Bench('grpo', settings);
  const sizes = {
    prompts: settings.number('prompts', bench.sized(8, 2)),
    group: settings.number('group', bench.sized(16, 4), 2),
    prompt: settings.number('prompt', bench.sized(512, 16)),
    new: settings.number('new', bench.sized(512, 16)),
    micro: settings.number('micro', 16_384),
    steps: settings.number('steps', 4, 2),
  };
  settings.done();
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-grpo-'));
  try {
    await writeRandomCheckpoint(bench.model(), path.join(dir, 'model'));
    const lines = run(bench, dir, sizes).slice(1);
    const of = (name: string) => round(median(lines.map((line) => line[name] ?? 0)), 3);
    const phases = Object.keys(lines[0]!).filter((name) => name.startsWith('seconds'));
    const tokens = sizes.prompts * sizes.group * (sizes.prompt + sizes.new);
    bench.print({
      ...Object.fromEntries(phases.map((name) => [name, of(name)])),
      tokps: Math.round(tokens / of('seconds')),
      distance: of('sampling/sampling_logp_difference/mean'),
      sizes,
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The lines of metrics.jsonl. */
function run(
  bench: Bench,
  dir: string,
  sizes: { readonly [name in 'prompts' | 'group' | 'prompt' | 'new' | 'micro' | 'steps']: number },
): Record<string, number>[] {
  const rows = Array.from({ length: sizes.prompts * 4 }, (_, i) =>
    `${i} `.repeat(sizes.prompt).slice(0, sizes.prompt),
  );
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(dir, name), text);
    return path.join(dir, name);
  };
  const prompts = file('prompts.jsonl', rows.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
  const reward = file('reward.mjs', 'export default ({ tokens }) => tokens[0] % 2;\n');
  const recipe = file(
    'recipe.json',
    JSON.stringify({
      name: 'grpo-step',
      stages: [
        {
          stage: 'rl',
          name: 'step',
          model: path.join(dir, 'model'),
          precision: bench.precision,
          template: 'plain',
          prompts: [{ task: 'file', path: prompts }],
          rewards: { custom: { file: reward } },
          steps: sizes.steps,
          promptsPerStep: sizes.prompts,
          groupSize: sizes.group,
          tokensPerMicroBatch: sizes.micro,
          sampling: { temperature: 1, maxTokens: sizes.new },
          optimizer: { peak: 1e-6 },
        },
      ],
    }),
  );
  const out = path.join(dir, 'run');
  const command = ['run', recipe, '--out', out, '--device', bench.device];
  const { status, stderr } = spawnSync(process.execPath, [path.join(PACKAGE_ROOT, 'bin/aha'), ...command], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new UserError(`aha run ended with code ${status}`, stderr.slice(-2000));
  const text = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Record<string, number>);
}
