import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { FILE_TASK, fileSchema, readFileItems } from './file.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-file-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Configuration for a file with these contents. */
function file(contents: string | Uint8Array, settings: object = {}) {
  const path = join(dir, 'questions.jsonl');
  writeFileSync(path, contents);
  return fileSchema.parse({ path, ...settings });
}
const promptsOf = async (config: Parameters<typeof readFileItems>[0]) =>
  (await readFileItems(config)).map(({ prompt }) => prompt);
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ prompt: `q${i}`, answer: i })).join('\n');

describe('readFileItems', () => {
  it('reads questions and answers; numbers become text, null stays null', async () => {
    const config = file(
      '\uFEFF{"prompt": "6*7?", "answer": 42, "extra": [1]}\r\n\n{"prompt": "pi?", "answer": "3.14"}\n{"prompt": "why?", "answer": null, "language": "en"}',
    );
    expect(await promptsOf(config)).toEqual([
      {
        id: 'questions.jsonl:1',
        task: 'file',
        text: '6*7?',
        answer: '42',
        columns: { prompt: '6*7?', answer: 42, extra: [1] },
      },
      {
        id: 'questions.jsonl:3',
        task: 'file',
        text: 'pi?',
        answer: '3.14',
        columns: { prompt: 'pi?', answer: '3.14' },
      },
      {
        id: 'questions.jsonl:4',
        task: 'file',
        text: 'why?',
        answer: null,
        language: 'en',
        columns: { prompt: 'why?', answer: null, language: 'en' },
      },
    ]);
  });

  it('gives all columns, frozen through and through', async () => {
    const [prompt] = await promptsOf(file('{"prompt": "q", "answer": 1, "tests": {"cases": [[1]]}}'));
    const { cases } = prompt!.columns!.tests as { cases: number[][] };
    expect(() => cases[0]!.push(2)).toThrow(TypeError);
    expect(() => Object.assign(prompt!.columns!, { more: 1 })).toThrow(TypeError);
  });

  it.each([
    ['verl’s layout', '{"prompt": "q", "reward_model": {"style": "rule", "ground_truth": "42"}}', {}, '42'],
    ['a column inside another', '{"prompt": "q", "extra": {"key": 7}}', { answerField: 'extra.key' }, '7'],
    ['`answer` before verl’s', '{"prompt": "q", "answer": 1, "reward_model": {"ground_truth": 2}}', {}, '1'],
  ])('finds the answer of %s', async (_, contents, settings, answer) => {
    expect((await promptsOf(file(contents, settings)))[0]!.answer).toBe(answer);
  });

  it('has no answer where none is needed and there is none to compare', async () => {
    const lines = ['{"prompt": "a"}', '{"prompt": "b", "answer": {"x": 1}}', '{"prompt": "c", "answer": ""}'];
    const items = await readFileItems(file(lines.join('\n')), { requireAnswers: false });
    expect(items.map(({ prompt }) => prompt.answer)).toEqual([null, null, null]);
    const named = file(lines[0]!, { answerField: 'solution' });
    await expect(readFileItems(named, { requireAnswers: false })).rejects.toThrow(/"solution" is missing/);
  });

  it('makes the question of columns', async () => {
    const promptTemplate = 'Use {nums} to make {goal.target} {{{unit}}}.';
    const line = '{"nums": [44, 19, 35], "goal": {"target": 98}, "unit": "cm", "answer": null}';
    const [prompt] = await promptsOf(file(line, { promptTemplate }));
    expect(prompt!.text).toBe('Use [44, 19, 35] to make 98 {cm}.');
    await expect(promptsOf(file('{"answer": 1, "nums": []}', { promptTemplate }))).rejects.toThrow(
      /:1: field "goal.target" is missing .*answer, nums.*\n.*promptTemplate/,
    );
  });

  it('takes other field names, a language and a name', async () => {
    const settings = { promptField: 'question', answerField: 'solution', language: 'zh', name: 'gsm8k' };
    expect(await promptsOf(file('{"question": "q", "solution": 0}', settings))).toEqual([
      expect.objectContaining({
        id: 'questions.jsonl:1',
        task: 'gsm8k',
        text: 'q',
        answer: '0',
        language: 'zh',
      }),
    ]);
  });

  const system = { role: 'system', content: 's' };
  const user = { role: 'user', content: 'why?' };
  const verl = {
    data_source: 'own',
    prompt: [system, user],
    reward_model: { style: 'rule', ground_truth: '42' },
    extra_info: { index: 7 },
  };

  it('reads verl’s and TRL’s rows: a conversation as prompt, its answer and all columns', async () => {
    const [prompt] = await promptsOf(file(JSON.stringify(verl)));
    expect(prompt).toEqual({
      id: 'questions.jsonl:1',
      task: 'file',
      text: 'why?',
      messages: [system, user],
      answer: '42',
      columns: verl,
    });
    expect(() => (prompt!.messages as object[]).push({})).toThrow(TypeError);
    const [trl] = await promptsOf(
      file(JSON.stringify({ prompt: [user], solution: 'x' }), { answerField: 'solution' }),
    );
    expect(trl).toMatchObject({ text: 'why?', messages: [user], answer: 'x' });
  });

  it('looks at all that the user says where questions are filtered and compared', async () => {
    const reply = { role: 'assistant', content: 'a' };
    const rows = [
      { prompt: [user, reply, { role: 'user', content: 'and?' }], answer: 1 },
      { prompt: [{ role: 'user', content: 'and?' }], answer: 2 },
    ];
    const items = await readFileItems(file(rows.map((row) => JSON.stringify(row)).join('\n')));
    expect(items.map(({ question }) => question)).toEqual(['why?\nand?', 'and?']);
    expect(items.map(({ prompt }) => prompt.text)).toEqual(['and?', 'and?']);
  });

  it.each([
    ['a question', { prompt: 'why?', answer: 1 }, [system, user]],
    ['a conversation', { prompt: [user], answer: 1 }, [system, user]],
    [
      'none where the row has its own',
      { prompt: [{ ...system, content: 'own' }, user], answer: 1 },
      [{ ...system, content: 'own' }, user],
    ],
  ])('puts a system prompt before %s', async (_, row, messages) => {
    const [prompt] = await promptsOf(file(JSON.stringify(row), { system: 's' }));
    expect(prompt).toMatchObject({ text: 'why?', messages });
  });

  it.each([
    [
      [{ role: 'user', content: [{ type: 'image' }] }],
      /:1: the content of message 1 is not a text.* \(column "prompt"\)/,
    ],
    [[system], /:1: the prompt has no message of the user/],
    [[user, { role: 'assistant', content: 'a' }], /:1: the prompt ends in the assistant’s turn/],
    [[], /:1: the prompt has no message of the user/],
  ])('refuses the conversation %j', async (prompt, message) => {
    await expect(promptsOf(file(JSON.stringify({ prompt, answer: 1 })))).rejects.toThrow(message);
  });

  it('leaves out a repeated line', async () => {
    const line = '{"prompt": "q", "answer": "1"}\n';
    expect(await promptsOf(file(line + line))).toHaveLength(1);
  });

  it('keeps a repeated question without an answer where other columns differ', async () => {
    const lines = [1, 2, 1].map((target) => JSON.stringify({ prompt: 'make it', answer: null, target }));
    const prompts = await promptsOf(file(lines.join('\n')));
    expect(prompts.map(({ columns }) => columns!.target)).toEqual([1, 2]);
  });

  const good = '{"prompt": "q", "answer": "1"}\n';
  it.each([
    [
      'not JSON',
      `${good}{"prompt": "r", `,
      /questions\.jsonl:2: not JSON .*\n.*one JSON object on each line/,
    ],
    ['an array', `${good}["r", 1]`, /:2: not a JSON object/],
    [
      'no question',
      `${good}{"question": "r", "answer": 1}`,
      /:2: field "prompt" is missing .*question, answer.*\n.*promptField/,
    ],
    ['no answer', `${good}{"prompt": "r"}`, /:2: field "answer" is missing .*\n.*answerField/],
    [
      'an inherited field only',
      `${good}{"answer": 1, "__proto__": {"prompt": "r"}}`,
      /:2: field "prompt" is missing/,
    ],
    ['a question that is no text', '{"prompt": 5, "answer": 1}', /:1: field "prompt" is not a text/],
    ['an empty answer', '{"prompt": "r", "answer": " "}', /:1: field "answer" is neither .*\n.*null/],
    ['an answer that is a list', '{"prompt": "r", "answer": [1]}', /:1: field "answer" is neither/],
    [
      'a number too large',
      '{"prompt": "r", "answer": 12345678901234567890}',
      /:1: answer .* too large.*\n.*quotes/,
    ],
    ['a number too small', '{"prompt": "r", "answer": 0.0000001}', /:1: answer 1e-7 is too .*\n.*quotes/],
    [
      'another answer to the same question',
      `${good}{"prompt": "q", "answer": "2"}`,
      /:2: the question of .*questions\.jsonl:1 again, with answer "2" instead of "1"/,
    ],
    [
      'a language that is none',
      '{"prompt": "r", "answer": 1, "language": "english!"}',
      /:1: "english!" is not a language tag/,
    ],
    ['nothing', '\n \n', /questions\.jsonl: no prompts/],
  ])('names file, line and remedy for %s', async (_, contents, message) => {
    const error: unknown = await readFileItems(file(contents)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(message);
  });

  it('reads CSV with quoted line breaks; the answers are texts', async () => {
    const path = join(dir, 'questions.csv');
    writeFileSync(path, 'prompt,answer\n"one, and\none more?",2\nnext?,"3"\n');
    expect(await promptsOf(fileSchema.parse({ path }))).toEqual([
      expect.objectContaining({ id: 'questions.csv:2', text: 'one, and\none more?', answer: '2' }),
      expect.objectContaining({ id: 'questions.csv:4', text: 'next?', answer: '3' }),
    ]);
  });

  it('names a missing file, a folder without files of rows and a file that is not text', async () => {
    await expect(readFileItems(fileSchema.parse({ path: join(dir, 'none.jsonl') }))).rejects.toThrow(
      /none\.jsonl: no such file/,
    );
    const empty = mkdtempSync(join(dir, 'empty-'));
    await expect(readFileItems(fileSchema.parse({ path: empty }))).rejects.toThrow(
      /no files of rows in this folder/,
    );
    await expect(readFileItems(file(Uint8Array.of(0x7b, 0xff, 0xfe)))).rejects.toThrow(/:1: not UTF-8/);
  });
});

describe('training prompts', () => {
  it('gives every prompt once an epoch, in a new order each', async () => {
    const source = await FILE_TASK.train(file(numbered(20)), { seed: 1 });
    expect(source.size).toBe(20);
    const ids = (count: number) => source.next(count).map(({ text }) => text);
    const first = ids(20);
    const second = ids(20);
    expect(new Set(first).size).toBe(20);
    expect([...second].sort()).toEqual([...first].sort());
    expect(second).not.toEqual(first);
  });

  it('resumes in the middle of an epoch', async () => {
    const config = file(numbered(7));
    const whole = await FILE_TASK.train(config, { seed: 3 });
    whole.next(10);
    const resumed = await FILE_TASK.train(config, { seed: 3 });
    resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
    expect(resumed.next(9)).toEqual(whole.next(9));
  });

  it('refuses to resume on a file of another size, and a cursor of something else', async () => {
    const cursor = (await FILE_TASK.train(file(numbered(7)), { seed: 3 })).cursor();
    const changed = await FILE_TASK.train(file(numbered(8)), { seed: 3 });
    expect(() => changed.seek(cursor)).toThrow(/8 items, but the run to be resumed read 7/);
    expect(() => changed.seek('there')).toThrow(TypeError);
  });
});

describe('held-out prompts', () => {
  it('is fixed by seed, extends, and says how many there are', async () => {
    const config = file(numbered(9));
    const set = await FILE_TASK.heldOut(config, { seed: 1 });
    expect(set.size).toBe(9);
    expect(set.take(9).slice(0, 4)).toEqual(set.take(4));
    expect(() => set.take(10)).toThrow(/10 prompts asked for, 9 there/);
  });
});
