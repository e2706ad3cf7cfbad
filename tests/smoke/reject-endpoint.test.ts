/** Rejection sampling of a model elsewhere, with a judge and a rewriter, all on this machine. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeJudge, materialIn } from '../../src/grading/judge/testing.ts';
import { reject } from '../../src/stages/reject/reject.ts';
import { runStage } from '../support/stage.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-reject-endpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const QUESTIONS = [
  { prompt: 'What is 2 + 2 ?', answer: '4' },
  { prompt: 'Name a colour.', answer: null },
  { prompt: 'Which of the following numbers is the largest one of them all: 3 , 5 , 2 ?', answer: '5' },
];
const file = path.join(root, 'questions.jsonl');
writeFileSync(file, QUESTIONS.map((question) => `${JSON.stringify(question)}\n`).join(''));

const endpointOf = ({ url }: { readonly url: string }) => ({
  baseUrl: url,
  model: 'm',
  stream: false,
  retries: 0,
});

const settings = (url: string) => ({
  stage: 'reject' as const,
  name: 'distilled',
  endpoint: endpointOf({ url }),
  instruction: 'Think first.',
  prompts: [{ task: 'jsonl' as const, path: file }],
  samples: 2,
  rewards: { accuracy: {}, format: {} },
  minimum: { format: null },
  filters: { codeBlocks: 'drop' as const },
});

/** Says a colour, or the largest digit of the question; the second sample of a question differs. */
const teacher = () =>
  fakeJudge(({ messages, seed }) => {
    const question = messages[0]!.content;
    if (question.startsWith('Name')) return `<think>any will do (${seed})</think>blue ${seed % 7}`;
    const answer = question.includes('2 + 2') ? 4 : 5;
    return `<think>draft ${seed}</think><answer>${answer}</answer>`;
  });

const linesOf = (name: string) =>
  readFileSync(path.join(root, name, 'data.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const droppedOf = (name: string) =>
  (JSON.parse(readFileSync(path.join(root, name, 'stats.json'), 'utf8')) as { dropped: unknown }).dropped;

describe('reject from an endpoint', () => {
  it('keeps what rules call right, and says who was asked', async () => {
    await using server = await teacher();
    await runStage(reject, settings(server.url), { dir: path.join(root, 'rules') });
    const lines = linesOf('rules');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({
      response: expect.stringMatching(/^<think>draft \d+<\/think><answer>4<\/answer>$/),
      tokens: 20,
      rewards: { accuracy: 1, format: 1 },
      model: `m at ${server.url}`,
    });
    expect(droppedOf('rules')).toEqual([{ reason: 'unscored', count: 2 }]);
    expect(server.asked()[0]!.messages[0]!.content).toMatch(
      / \?\n\nThink first\.$|colour\.\n\nThink first\.$/,
    );
    expect(new Set(server.asked().map(({ seed }) => seed)).size).toBe(6);
  });

  it('keeps the unscored where told to', async () => {
    await using server = await teacher();
    const config = { ...settings(server.url), unscored: 'keep' as const, keepPerPrompt: 1 };
    await runStage(reject, config, { dir: path.join(root, 'keep') });
    expect(new Set(linesOf('keep').map(({ answer }) => answer))).toEqual(new Set(['4', '5', null]));
    expect(linesOf('keep')).toHaveLength(3);
    expect(droppedOf('keep')).toEqual([{ reason: 'surplus', count: 3 }]);
  });

  it('has a judge for what no rule can tell, and asks it about nothing else', async () => {
    await using server = await teacher();
    await using judge = await fakeJudge(({ messages }, number) => {
      const answer = materialIn(messages[1]!.content, 'candidate answer');
      if (!answer.startsWith('blue')) return '{"verdict": "wrong"}';
      return number === 0 ? 'Blue it is.' : '{"verdict": "right"}';
    });
    const config = { ...settings(server.url), judge: { endpoint: endpointOf(judge) } };
    await runStage(reject, config, { dir: path.join(root, 'judged') });
    const judged = linesOf('judged').filter(({ judged: by }) => by === true);
    expect(judged).toHaveLength(2);
    expect(judged[0]).toMatchObject({
      prompt: 'Name a colour.',
      answer: null,
      rewards: { accuracy: null, format: 0 },
    });
    // Two questions, one of them twice: the first reply could not be read.
    expect(judge.asked()).toHaveLength(3);
    await using stern = await fakeJudge(() => '{"verdict": "wrong"}');
    const strict = { ...config, judge: { endpoint: endpointOf(stern) } };
    await runStage(reject, strict, { dir: path.join(root, 'stern') });
    expect(droppedOf('stern')).toEqual([{ reason: 'verdict', count: 2 }]);
  });

  it('keeps a rewriting that passes rules and filters, and drops one that does not', async () => {
    await using server = await teacher();
    await using rewriter = await fakeJudge(({ messages }) =>
      messages[1]!.content.includes('2 + 2')
        ? `I add two and two, ${materialIn(messages[1]!.content, 'draft')}.`
        : '```\n5\n```',
    );
    const config = { ...settings(server.url), rewrite: { endpoint: endpointOf(rewriter) } };
    await runStage(reject, config, { dir: path.join(root, 'rewritten') });
    const lines = linesOf('rewritten');
    expect(lines.map(({ prompt, rewritten }) => [prompt, rewritten])).toEqual(
      Array.from({ length: 2 }, () => [QUESTIONS[0]!.prompt, true]),
    );
    expect(lines[0]!.response).toMatch(/^<think>I add two and two, draft \d+\.<\/think><answer>4<\/answer>$/);
    expect(droppedOf('rewritten')).toEqual([
      { reason: 'unscored', count: 2 },
      { reason: 'rewrite', count: 2 },
    ]);
    const original = { ...config, rewrite: { ...config.rewrite, otherwise: 'original' as const } };
    await runStage(reject, original, { dir: path.join(root, 'original') });
    expect(linesOf('original').filter(({ rewritten }) => rewritten === true)).toHaveLength(2);
    expect(linesOf('original')).toHaveLength(4);
  });

  it('leaves out prompts and responses that overlap with an evaluation', async () => {
    await using server = await teacher();
    const evaluation = path.join(root, 'evaluation.jsonl');
    const overlapping = `Tell me: ${QUESTIONS[2]!.prompt}`;
    writeFileSync(evaluation, `${JSON.stringify({ prompt: overlapping, answer: '5' })}\n`);
    const decontaminate = { prompts: [{ task: 'jsonl' as const, path: evaluation }] };
    const dir = path.join(root, 'clean');
    const { notes } = await runStage(reject, { ...settings(server.url), decontaminate }, { dir });
    expect(linesOf('clean').map(({ prompt }) => prompt)).toEqual([
      QUESTIONS[0]!.prompt,
      QUESTIONS[0]!.prompt,
    ]);
    expect(notes.at(-1)).toContain('1 of 3 prompts overlap with the evaluation and are left out');
    expect(server.asked()).toHaveLength(4);
  });

  it('does not pay twice for what an interruption left half done', async () => {
    const dir = path.join(root, 'broken');
    await using server = await teacher();
    const controller = new AbortController();
    const stop = await fakeJudge(() => {
      controller.abort(new Error('stop'));
      return 'I think.';
    });
    const config = { ...settings(server.url), rewrite: { endpoint: endpointOf(stop) } };
    const run = runStage(reject, config, { dir, signal: controller.signal });
    await expect(run).rejects.toThrow('stop');
    await stop[Symbol.asyncDispose]();
    expect(server.asked()).toHaveLength(6);
    expect(existsSync(path.join(dir, 'data.jsonl'))).toBe(false);
    await runStage(reject, settings(server.url), { dir });
    expect(server.asked()).toHaveLength(6);
    expect(linesOf('broken')).toHaveLength(4);
  });
});
