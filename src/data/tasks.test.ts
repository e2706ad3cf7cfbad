import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHeldOut, openPrompts, promptsSchema, TASK_NAMES } from './tasks.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-tasks-'));
  writeFileSync(join(dir, 'p.jsonl'), '{"prompt": "q", "answer": "a"}\n');
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
  ])('%j gives prompts for training and for measuring', (entries, tasks) => {
    const configs = promptsSchema.parse(entries);
    const train = openPrompts(configs, options()).next(8);
    expect([...new Set(train.map(({ task }) => task))].sort()).toEqual(tasks);
    const count = openHeldOut(configs, options()).size ?? 8;
    expect(
      new Set(
        openHeldOut(configs, options())
          .take(count)
          .map(({ task }) => task),
      ).size,
    ).toBe(tasks.length);
  });

  it('share prompts by weight', () => {
    const configs = promptsSchema.parse([{ task: 'chain', weight: 3 }, { task: 'general' }]);
    expect(
      openPrompts(configs, options())
        .next(100)
        .filter(({ task }) => task === 'chain'),
    ).toHaveLength(75);
  });

  it('resume through JSON', () => {
    const configs = promptsSchema.parse([{ task: 'chain' }, { task: 'jsonl', path: 'p.jsonl' }]);
    const whole = openPrompts(configs, options());
    whole.next(5);
    const resumed = openPrompts(configs, options());
    resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
    expect(resumed.next(9)).toEqual(whole.next(9));
  });

  it.each([
    [[{ task: 'chian' }]],
    [[]],
    [[{ task: 'chain', maxNumber: 4 }]],
    [[{ task: 'jsonl' }]],
    [[{ task: 'chain', weight: 0 }]],
  ])('refuse %j', (entries) => {
    expect(promptsSchema.safeParse(entries).success).toBe(false);
  });

  it('are listed by name', () => {
    expect(TASK_NAMES).toEqual(['chain', 'general', 'jsonl']);
  });
});
