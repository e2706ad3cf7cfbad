/** @file Report at the end of `aha run`: completions before and after, the table, where the files are, what to do next. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { hardwareLine, processor, type RunReport } from '../../evaluation/statistics/index.ts';
import { hasColours } from '../../output.ts';
import { isComplete } from '../../run/artifact.ts';
import { aroundConversation, type PromptTemplate } from '../../text/index.ts';
import type { DeviceReport } from '../../torch/index.ts';
import type { ResolvedRecipe } from '../recipes/index.ts';
import { readingOf, writeReport } from '../reports/index.ts';
import { formatDuration } from '../terminal/step-line.ts';
import type { Io } from './io.ts';
import { programCommand, shellCommand } from './shell.ts';

export interface FinalReportOptions {
  readonly recipe: ResolvedRecipe;
  readonly dir: string;
  readonly seconds: number;
  readonly device: string;
  readonly engine: Pick<DeviceReport, 'torchVersion' | 'devices' | 'kernel'>;
  readonly json: boolean;
}

/** Columns to lay a report out in; a pipe or a file has no end of them. */
export function columnsOf(io: Io): number {
  return io.stdout.columns || Infinity;
}

/** Writes the run's report and shows it; nothing where the recipe evaluates nothing. */
export async function showFinalReport(options: FinalReportOptions, io: Io): Promise<void> {
  const { recipe, dir, seconds, device, engine, json } = options;
  const card = engine.devices.find((one) => one.device === device)?.name;
  const final = await writeReport({
    recipe,
    dir,
    seconds,
    hardware: {
      ...processor(),
      device: card ? `${device} (${card})` : device,
      torch: engine.torchVersion,
      kernel: engine.kernel,
    },
    width: columnsOf(io),
    colours: !json && hasColours(io.stdout, process.env),
    warn: (_, text) => io.stderr.write(`warning: ${text}\n`),
  });
  if (final === null) return;
  if (json) {
    io.stdout.write(`${JSON.stringify({ event: 'report', report: final.report, files: final.files })}\n`);
    return;
  }
  const files = final.files.map((file) => `  ${path.join(dir, file)}`).join('\n');
  const lines = readingOf(recipe, final.report);
  const reading = lines === null ? '' : `${lines}\n\n`;
  const took = tookLine(final.report);
  io.stdout.write(`\n${final.text}\n\n${reading}${took}\n\n${files}\n${nextSteps(recipe, dir)}`);
}

/** What the run took, and on what: a time means nothing without its machine. */
function tookLine({ seconds, hardware }: RunReport): string {
  return `${formatDuration(seconds)} on ${hardwareLine(hardware)}`;
}

/** Kinds of stages that leave a model to talk to. */
const TRAINING = ['pretrain', 'sft', 'rl'];

/** A prompt for the trained model, in its template where that is known, and what to know of it. */
function examplePrompt(
  config: unknown,
  samples: string,
): { readonly prompt: string; readonly about: string } {
  if (JSON.stringify(config).includes('"task":"chain"')) {
    return { prompt: 'User: what is 12 + 7 * 3 ? Assistant:', about: '' };
  }
  const { template } = config as { readonly template?: PromptTemplate };
  if (template === 'plain' || template === 'raw') {
    const question = sampledQuestion(samples);
    if (question !== null) {
      return { prompt: aroundConversation(template, [{ role: 'user', content: question }]), about: '' };
    }
  }
  const about =
    template === undefined || template === 'raw'
      ? ''
      : `--prompt is read as it is: put your question in the template "${template}" by hand`;
  return { prompt: 'your prompt', about };
}

/** The first question in a folder of sampled completions; null if there is none. */
function sampledQuestion(samples: string): string | null {
  const file = existsSync(samples) ? readdirSync(samples).toSorted()[0] : undefined;
  if (file === undefined) return null;
  const [line = ''] = readFileSync(path.join(samples, file), 'utf8').split('\n');
  return line === '' ? null : (JSON.parse(line) as { readonly prompt: string }).prompt;
}

/** Commands that go on from the last checkpoint that is in the run directory; empty if there is none. */
export function nextSteps(recipe: ResolvedRecipe, dir: string): string {
  // With `--only` the last stage of the recipe may not have run.
  const trained = recipe.stages
    .filter(({ stage, name }) => TRAINING.includes(stage) && isComplete(path.join(dir, name)))
    .at(-1);
  if (trained === undefined) return '';
  const checkpoint = path.join(dir, trained.name);
  const samples = path.join(checkpoint, 'samples');
  const example = examplePrompt(trained.config, samples);
  const generate = ['generate', checkpoint, '--prompt', example.prompt, '--temperature', '0'];
  const rows = [
    [programCommand(generate), example.about],
    [programCommand(['serve', checkpoint]), 'a chat page and an API; aha chat for the terminal'],
    ...(existsSync(samples)
      ? [[`cat ${shellCommand([samples])}/*.jsonl`, 'completions while it learnt, with their rewards']]
      : []),
    [programCommand(['init']), 'your own model and task: a recipe, a reward (docs/your-own-task.md)'],
  ] as const;
  const lines = rows.map(([command, about]) => (about === '' ? command : `${command.padEnd(46)} # ${about}`));
  return `\nNext:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
