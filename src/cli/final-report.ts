/** @file What `aha run` shows last: completions before and after, the table, where the files are, what to do next. */
import path from 'node:path';
import { processor } from '../eval/index.ts';
import { type ResolvedRecipe, writeReport } from '../recipes/index.ts';
import { hasColours } from '../run/colour.ts';
import type { DeviceReport } from '../tensor/index.ts';
import type { Io } from './io.ts';

export interface FinalReportOptions {
  readonly recipe: ResolvedRecipe;
  readonly dir: string;
  readonly seconds: number;
  readonly device: string;
  readonly engine: Pick<DeviceReport, 'torchVersion' | 'devices'>;
  readonly json: boolean;
}

/** Widest layout of the side-by-side completions. */
const MAX_COLUMNS = 120;

/** Writes the run's report and shows it; nothing where the recipe evaluates nothing. */
export async function showFinalReport(options: FinalReportOptions, io: Io): Promise<void> {
  const { recipe, dir, seconds, device, engine, json } = options;
  const card = engine.devices.find((one) => one.device === device)?.name;
  const final = await writeReport({
    recipe,
    dir,
    seconds,
    hardware: { ...processor(), device: card ? `${device} (${card})` : device, torch: engine.torchVersion },
    width: Math.min(io.stdout.columns || 100, MAX_COLUMNS),
    colours: !json && hasColours(io.stdout, process.env),
  });
  if (final === null) return;
  if (json) {
    io.stdout.write(`${JSON.stringify({ event: 'report', report: final.report, files: final.files })}\n`);
    return;
  }
  const files = final.files.map((file) => `  ${path.join(dir, file)}`).join('\n');
  io.stdout.write(`\n${final.text}\n\n${files}\n${nextSteps(recipe, dir)}`);
}

/** Commands that go on from the last checkpoint the recipe trained. */
function nextSteps(recipe: ResolvedRecipe, dir: string): string {
  const trained = recipe.stages.filter(({ stage }) => stage !== 'evaluate').at(-1);
  if (trained === undefined) return '';
  const checkpoint = path.join(dir, trained.name);
  return [
    '',
    'Next:',
    `  ./bin/aha generate ${checkpoint} --prompt 'User: what is 12 + 7 * 3 ? Assistant:' --temperature 0`,
    `  cat ${path.join(checkpoint, 'samples')}/*.jsonl            # completions while it learnt, with their rewards`,
    '  docs/recipes.md                                # your own task: prompts in a JSONL file, a reward, a recipe',
    '',
  ].join('\n');
}
