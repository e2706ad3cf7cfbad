/**
 * @file Data files of stages, gone through a row at a time before anything runs, so that a broken row is told at once and
 * not when its stage begins.
 */
import { placedError, UserError } from '../errors.ts';
import type { Prompt } from '../records.ts';
import type { DataFile } from '../run/stage.ts';
import { streamBenchmarkItems } from './benchmarks/index.ts';
import { fileItems, type RowOptions } from './file.ts';
import type { Item } from './files/row.ts';
import { eachJudged, type JudgedConfig, type JudgedKind } from './judged.ts';
import { compileFilters, readEvaluationSet } from './prepare/index.ts';
import { requireCount } from './require-count.ts';
import type { ExamplesConfig } from './sft.ts';
import { requireTemplate, type SequenceOptions } from './sft-encode.ts';
import { fileExamples } from './sft-examples.ts';
import type { TaskConfig } from './tasks.ts';
import { fileTexts, type TextsConfig } from './texts.ts';

/** What a stage wants of its prompts. */
export interface PromptFileOptions extends RowOptions {
  /** Refuses a prompt whose data a reward cannot use; the place of its row is added. */
  readonly checkPrompt?: (prompt: Prompt) => void;
}

/** The files that tasks read: their prompts, and the evaluation sets these are kept apart from. */
export function promptFiles(tasks: readonly TaskConfig[], options: PromptFileOptions): DataFile[] {
  return tasks.flatMap((task): DataFile[] => {
    if (!('path' in task)) return [];
    const { weight: _, ...read } = task;
    const sets = task.decontaminate.map((set): DataFile => {
      const { path, ...rest } = typeof set === 'string' ? { path: set } : set;
      return {
        reference: path,
        key: JSON.stringify(['evaluation set', rest]),
        check: async (found) => void (await readEvaluationSet({ ...rest, path: found })),
      };
    });
    const own: DataFile = {
      reference: task.path,
      key: JSON.stringify(['prompts', read, options.requireAnswers ?? true]),
      check: (path) => checkPrompts({ ...task, path }, options),
    };
    return [own, ...sets];
  });
}

async function checkPrompts(
  task: FileTaskConfig,
  { checkPrompt, ...options }: PromptFileOptions,
): Promise<void> {
  let passed = 0;
  for await (const { prompt, row } of filteredItems(task, options)) {
    passed += 1;
    try {
      checkPrompt?.(prompt);
    } catch (cause) {
      throw cause instanceof UserError ? placedError(cause, `${row.place}: `) : cause;
    }
  }
  if (passed > 0) return;
  throw new UserError(
    `${task.path}: no prompt passes the filters`,
    'Loosen the filters, or give another file.',
  );
}

/** A task that reads a file. */
export type FileTaskConfig = Extract<TaskConfig, { path: string }>;

/** The items of a task's file that pass its filters, one at a time. */
export async function* filteredItems(task: FileTaskConfig, options: RowOptions): AsyncGenerator<Item> {
  const reason = compileFilters(task.filters);
  const items =
    task.task === 'benchmark' ? streamBenchmarkItems({ ...task, seed: 0 }) : fileItems(task, options);
  for await (const item of items) if (reason(item) === null) yield item;
}

/** The files that entries of a fine-tuning's data read. */
export function exampleFiles(
  entries: readonly ExamplesConfig[],
  template: SequenceOptions['template'],
): DataFile[] {
  return entries.flatMap((entry, i): DataFile[] => {
    if (!('path' in entry)) return [];
    const { weight: _, ...read } = entry;
    return [
      {
        reference: entry.path,
        key: JSON.stringify(['examples', read, template === 'chat']),
        async check(path, stage) {
          let examples = 0;
          for await (const example of fileExamples({ ...entry, path })) {
            requireTemplate(example, template);
            examples += 1;
          }
          requireCount(path, entry.count, examples, 'examples', `${stage}.data.${i}.count`);
        },
      },
    ];
  });
}

/** The files that entries of a pre-training's data read. */
export function textFiles(entries: readonly TextsConfig[]): DataFile[] {
  return entries.flatMap((entry): DataFile[] => {
    if (!('path' in entry)) return [];
    const { weight: _, ...read } = entry;
    return [
      {
        reference: entry.path,
        key: JSON.stringify(['texts', read]),
        async check(path) {
          for await (const _ of fileTexts({ ...entry, path }));
        },
      },
    ];
  });
}

/** The files that entries of a reward model's data read. */
export function judgedFiles(entries: readonly JudgedConfig[], kind: JudgedKind): DataFile[] {
  return entries.flatMap((entry, i): DataFile[] =>
    'path' in entry
      ? [
          {
            reference: entry.path,
            key: JSON.stringify(['judgements', entry, kind]),
            async check(path, stage) {
              const judgements = await eachJudged({ ...entry, path }, kind, () => undefined);
              requireCount(path, entry.count, judgements, 'lines', `${stage}.data.${i}.count`);
            },
          },
        ]
      : [],
  );
}
