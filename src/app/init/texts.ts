/** @file The files of a new recipe as text: recipe.ts, reward.ts, README.md; and what is said of them. */
import { bytesInWords } from '../../bytes.ts';
import { PACKAGE_NAME } from '../../version.ts';
import { programCommand } from '../cli/shell.ts';
import { estimateTable, type StageEstimate } from '../recipes/index.ts';
import { formatDuration } from '../terminal/step-line.ts';
import type { Hardware } from './hardware.ts';
import type { Model } from './model.ts';
import type { Task } from './task.ts';
import type { Choice, Plan } from './ways.ts';

/** What was written. */
export interface Written {
  readonly dir: string;
  readonly files: readonly string[];
  readonly hardware: Hardware;
  readonly choice: Choice;
  readonly stages: readonly StageEstimate[];
}

/** What a recipe is made of. */
export interface Parts {
  readonly name: string;
  readonly model: Pick<Model, 'template' | 'context'>;
  /** The model as the recipe names it. */
  readonly modelName: string;
  readonly task: Task;
  readonly hardware: Hardware;
}

/**
 * Peak learning rate: that of the recipes of this package for models of about the size, ten times as much for LoRA.
 * @param parameters - of the model; 0 in a draft, whose cost does not depend on the rate
 */
function peakFor(parameters: number, { lora }: Plan['way']): number {
  const full = parameters < 10e6 ? 1e-4 : parameters < 1e9 ? 1e-5 : 1e-6;
  return lora === undefined ? full : Number((10 * full).toPrecision(1));
}

/** The text of recipe.ts, with `about` in its head. */
export function recipeText(parts: Parts, plan: Plan, parameters: number, about: readonly string[]): string {
  const { name, model, modelName, hardware } = parts;
  const { batch } = plan;
  // A prompt and its response share the context.
  const maxTokens = Math.min(batch.maxTokens, Math.floor(model.context / 2));
  const hasForm = model.template !== 'chat';
  const form = ' The form, <think> … </think> <answer> … </answer>, is worth half as much.';
  const measured = measuring(parts, plan, maxTokens);
  return `/**
${about.flatMap((line) => wrapped(line, WIDTH - 3).map((part) => ` *${part === '' ? '' : ` ${part}`}`)).join('\n')}
 */
import { defineRecipe } from '${PACKAGE_NAME}';

const MODEL = '${quoted(modelName)}';

/** reward.ts says what an answer is worth.${hasForm ? form : ''} */
const rewards = { custom: { file: 'reward.ts' }${hasForm ? ', format: { weight: 0.5 }' : ''} };
${measured.declared}
export default defineRecipe({
  name: '${name}',${device(hardware)}
  stages: [${measured.before}
    {
      stage: 'rl',
      name: 'train',
      model: MODEL,
      template: '${model.template}',
      prompts: [${prompts(parts.task, 'train')}],
      rewards,
${[...settings(plan, maxTokens, peakFor(parameters, plan.way)), ...measured.during].map((line) => `      ${line}`).join('\n')}
    },${measured.after}
  ],
});
`;
}

/** What of the stage `rl` the plan decides, a line each. */
function settings({ way, batch, recompute }: Plan, maxTokens: number, peak: number): string[] {
  return [
    way.lora !== undefined && `lora: ${way.lora.base === undefined ? '{}' : `{ base: '${way.lora.base}' }`},`,
    recompute && 'recompute: true, // activations, in the backward pass: less memory, more time',
    `steps: ${batch.steps},`,
    `promptsPerStep: ${batch.promptsPerStep},`,
    `groupSize: ${batch.groupSize},`,
    'minibatches: 2,',
    batch.tokensPerMicroBatch !== undefined && `tokensPerMicroBatch: ${batch.tokensPerMicroBatch},`,
    `sampling: { temperature: 1, maxTokens: ${maxTokens} },`,
    `optimizer: { peak: ${peak}, warmup: 2, shape: 'constant' },`,
    'checkpointEvery: 5,',
  ].filter((line) => line !== false);
}

/** How the recipe measures: before and after; where the weights fit in 8 or 4 bits alone, during training, which has them so. */
function measuring({ model, task }: Parts, { way, batch }: Plan, maxTokens: number) {
  const { greedyProblems, problems, samples } = batch.measured;
  if (way.lora?.base !== undefined) {
    const validate = `validate: { every: 20, prompts: [${prompts(task, 'test')}], problems: ${problems}, samples: ${samples} },`;
    const why = '// Evaluations apart from training would hold the weights in 16 bits.';
    return { declared: '', before: '', during: [why, validate], after: '' };
  }
  const declared = `
/** Asks the same held-out questions before and after. */
const check = {
  stage: 'evaluate' as const,
  template: '${model.template}' as const,
  prompts: [${prompts(task, 'test')}],
  rewards,
  greedyProblems: ${greedyProblems},
  problems: ${problems},
  samples: ${samples},
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: ${maxTokens} },
};
`;
  return {
    declared,
    before: "\n    { ...check, name: 'before', checkpoint: MODEL },",
    during: [],
    after: "\n    { ...check, name: 'after', checkpoint: '@train' },",
  };
}

/** A GPU is what `auto` finds where there is one; bfloat16 is what it would choose there. */
function device({ kind, isHere }: Hardware): string {
  if (kind === 'cpu') return "\n  device: 'cpu',";
  return isHere ? '' : "\n  precision: 'bf16',";
}

function prompts(task: Task, side: 'train' | 'test'): string {
  if (task.kind === 'family') {
    return `{ task: 'generated' as const, family: '${task.name}', maxLevel: ${task.maxLevel} }`;
  }
  const question = task.question === 'prompt' ? '' : `, promptField: '${quoted(task.question)}'`;
  const answer = task.answer === 'answer' ? '' : `, answerField: '${quoted(task.answer)}'`;
  return `{ task: 'file' as const, path: '${side}.jsonl'${question}${answer} }`;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

/** The head of recipe.ts: what is trained on what, and why so. */
export function aboutRecipe({ modelName, task, hardware }: Parts, choice: Choice): string[] {
  const { way, batch, cost, tooLarge } = choice;
  const what =
    task.kind === 'family'
      ? `generated problems of the family ${task.name}`
      : `the questions of ${task.name}`;
  return [
    `Trains ${modelName} on ${what}, made by \`aha init\`.`,
    '',
    `For ${hardware.name} with ${bytesInWords(hardware.bytes)}, of which ${bytesInWords(hardware.usable)} may be used: ${way.about}, ${batch.promptsPerStep} prompts of ${batch.groupSize} responses a step. The dry run counts ${bytesInWords(cost.bytes)} and ${formatDuration(cost.seconds)}.`,
    ...(tooLarge.length === 0 ? [] : ['Too large, each with the smallest batch:']),
    ...tooLarge.map((one) => `  ${bytesInWords(one.bytes).padStart(9)}  ${one.way.about}`),
    ...(hardware.kind === 'cpu' || hardware.isHere
      ? []
      : ['Counted without the fused kernels of a GPU, with which it takes less.']),
  ];
}

/** The text of reward.ts: right or wrong, as a start. */
export function rewardText(task: Task): string {
  if (task.kind === 'family') {
    return `import { type Completion, findFamily, type Problem } from '${PACKAGE_NAME}';

const { score } = findFamily('${task.name}')!;

/** What a response is worth: the score of the family's own scorer, from 0 to 1. Change it to what your task needs. */
export default function reward({ prompt, response }: Completion): number {
  const { text, answer, meta } = prompt;
  return score(response.answer ?? '', { text, answer: answer ?? '', meta: meta?.problem as Problem['meta'] });
}
`;
  }
  return `import { type Completion, verifyMath } from '${PACKAGE_NAME}';

/**
 * What a response is worth: 1 if its answer is that of the row, else 0. Change it to what your task needs. The columns of
 * the row are in \`prompt.columns\`, the parts of the response in \`response\`: thought, content, answer.
 */
export default async function reward({ prompt, response }: Completion): Promise<number | null> {
  // A response to a row without an answer is not scored, and not trained on.
  if (prompt.answer === null) return null;
  const isRight = await verifyMath(prompt.answer, response);
  return isRight === null ? null : Number(isRight);
}
`;
}

/** Columns of a written file. */
const WIDTH = 110;

/** A paragraph in lines of at most so many characters; a word that is longer has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const [indent = ''] = /^ */.exec(text)!;
  const lines = [''];
  for (const word of text.trim().split(' ')) {
    const line = lines.at(-1)!;
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line !== '' && longer.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** README.md: five lines. @param dir - as it is named from here */
export function readmeText({ name, modelName }: Parts, dir: string): string {
  const run = (...args: string[]) => `\`${programCommand(['run', dir, ...args])}\``;
  return `# ${name}
\`recipe.ts\` trains ${modelName}; \`reward.ts\` says what a response is worth: change both.
Settings and cost: ${run('--dry-run')}. Two steps to try it: ${run('--set', 'train.steps=2')}.
Train and measure, before and after: ${run()}. Go on after Ctrl-C: ${run('--resume')}.
Then talk with it: \`${programCommand(['chat'])} runs/<run>/train\`; or behind an API: \`${programCommand(['serve'])} runs/<run>/train\`.
`;
}

/** What was written, for whom, what it costs, and how to go on. */
export function describeWritten({ dir, files, hardware, choice, stages }: Written): string {
  const { way, batch } = choice;
  return `${dir}: ${files.join(', ')}

For ${hardware.name} with ${bytesInWords(hardware.bytes)}: ${way.about}, ${batch.promptsPerStep} prompts of ${batch.groupSize} responses a step.

${estimateTable(stages, false)}

Next:
  ${programCommand(['run', dir, '--set', 'train.steps=2'])}    # two steps, to see that all of it works
  ${programCommand(['run', dir])}
`;
}
