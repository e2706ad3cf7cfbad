import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import {
  openHeldOut,
  openPrompts,
  promptsSchema,
  requirePromptFiles,
  scheduledPromptsSchema,
  TASK_NAMES,
} from './tasks.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-tasks-'));
  writeFileSync(join(dir, 'p.jsonl'), '{"prompt": "q", "answer": "a"}\n');
  writeFileSync(join(dir, 'g.jsonl'), '{"question": "6 * 7?", "answer": "It is 42.\\n#### 42"}\n');
});
afterAll(() => rmSync(dir, { recursive: true }));

const options = () => ({ seed: 1, resolve: (path: string) => join(dir, path) });

describe('tasks', () => {
  it.each([
    [[{ task: 'chain' }], ['chain']],
    [
      [{ task: 'chain' }, { task: 'general' }],
      ['chain', 'general'],
    ],
    [[{ task: 'jsonl', path: 'p.jsonl' }], ['jsonl']],
    [[{ task: 'file', path: 'p.jsonl' }], ['file']],
    [[{ task: 'benchmark', name: 'gsm8k', path: 'g.jsonl' }], ['gsm8k']],
  ])('%j gives prompts for training and for measuring', async (entries, tasks) => {
    const configs = promptsSchema.parse(entries);
    const train = (await openPrompts(configs, options())).next(8);
    expect([...new Set(train.map(({ task }) => task))].sort()).toEqual(tasks);
    const heldOut = await openHeldOut(configs, options());
    const count = heldOut.size ?? 8;
    expect(new Set(heldOut.take(count).map(({ task }) => task)).size).toBe(tasks.length);
  });

  it('begin at a step where training asks for it, and nowhere else', async () => {
    const late = [{ task: 'chain' }, { task: 'general', fromStep: 5 }];
    const source = await openPrompts(scheduledPromptsSchema.parse(late), options());
    const general = (step: number) => source.next(10, step).filter(({ task }) => task === 'general').length;
    expect([4, 5, 6].map(general)).toEqual([0, 5, 5]);
    expect(promptsSchema.safeParse(late).error?.message).toContain('fromStep');
    const never = scheduledPromptsSchema.safeParse([{ task: 'chain', fromStep: 1 }]);
    expect(never.error?.message).toContain('one entry at least must begin at step 0');
    for (const task of TASK_NAMES) {
      const entry = { task, path: 'p', name: 'gsm8k', families: ['x'], fromStep: 3 };
      const found = scheduledPromptsSchema.safeParse([{ task: 'chain' }, entry]);
      const unknown = found.error?.issues.flatMap((issue) => ('keys' in issue ? issue.keys : [])) ?? [];
      expect(unknown, task).not.toContain('fromStep');
    }
  });

  it('share prompts by weight', async () => {
    const configs = promptsSchema.parse([{ task: 'chain', weight: 3 }, { task: 'general' }]);
    expect(
      (await openPrompts(configs, options())).next(100).filter(({ task }) => task === 'chain'),
    ).toHaveLength(75);
  });

  it('resume through JSON', async () => {
    const configs = promptsSchema.parse([{ task: 'chain' }, { task: 'jsonl', path: 'p.jsonl' }]);
    const whole = await openPrompts(configs, options());
    whole.next(5);
    const resumed = await openPrompts(configs, options());
    resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
    expect(resumed.next(9)).toEqual(whole.next(9));
  });

  it.each([
    [[{ task: 'chian' }]],
    [[]],
    [[{ task: 'chain', maxNumber: 4 }]],
    [[{ task: 'file' }]],
    [[{ task: 'benchmark', name: 'gsm9k', path: 'g.jsonl' }]],
    [[{ task: 'benchmark', name: 'gsm8k' }]],
    [[{ task: 'chain', weight: 0 }]],
  ])('refuse %j', (entries) => {
    expect(promptsSchema.safeParse(entries).success).toBe(false);
  });

  it('are listed by name', async () => {
    expect(TASK_NAMES).toEqual(expect.arrayContaining(['chain', 'general', 'file', 'jsonl', 'benchmark']));
  });

  const nothing = (path: string): never => {
    throw new UsageError(`${path}: there is no such file or directory`, 'Looked for it here.');
  };

  it('say which file a benchmark expects, with which columns, and where it is published', () => {
    const configs = promptsSchema.parse([{ task: 'benchmark', name: 'aime-2024', path: 'aime.parquet' }]);
    expect(() => requirePromptFiles(configs, nothing)).toThrow(
      /aime\.parquet: there is no such file[\s\S]*AIME 2024 is read from .*problem or Problem.*published as HuggingFaceH4/,
    );
  });

  it('resolve the files of evaluation sets too', () => {
    const decontaminate = ['a.jsonl', { path: 'b.csv', field: 'q' }];
    const configs = promptsSchema.parse([{ task: 'file', path: 'p.jsonl', decontaminate }]);
    const asked: string[] = [];
    requirePromptFiles(configs, (path) => {
      asked.push(path);
      return path;
    });
    expect(asked.sort()).toEqual(['a.jsonl', 'b.csv', 'p.jsonl']);
  });
});
