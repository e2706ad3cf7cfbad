import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import {
  initHead,
  initModel,
  parseConfig,
  saveValueModel,
  scoreSequences,
  ValueModel,
} from '../../models/index.ts';
import type { Completion } from '../../records.ts';
import { readResponse, Tokenizer } from '../../text/index.ts';
import { memory } from '../../torch/index.ts';
import { scoreAll } from './grading.ts';
import { MODEL_REPORT } from './model.ts';
import { type Reading, readingOf } from './reading.ts';
import { createRewards, rewardsSchema } from './registry.ts';
import { disposeRewards } from './reward.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-model-reward-'));
const dir = path.join(root, 'reward-model');
let model: ValueModel;
let tokenizer: Tokenizer;

beforeAll(async () => {
  const base = await writeTinyCheckpoint(path.join(root, 'base'));
  const trunk = initModel(parseConfig(TINY_CONFIG, 'test'), 5, { scheme: 'scaled' });
  model = new ValueModel(trunk, initHead(trunk, { deviation: 0.5, seed: 1 }));
  await saveValueModel(model, dir, { tokenizerFrom: base });
  tokenizer = Tokenizer.load(dir);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const asked = (text: string, preference: string, task = 'general'): Completion =>
  completionOf(text, { prompt: { task, text: 'tell : red blue', answer: null, meta: { preference } } });

const thought = '<think> blue is cold </think> <answer> red is warm . </answer>';
const same = '<think> </think> <answer> red is warm . </answer>';
const unanswered = '<think> red is warm .';

/** The raw score of a response by the model, read as given. */
function raw(text: string, reads: Reading): number {
  const tokens = readingOf('tell : red blue', readResponse(text), { reads, template: 'plain', tokenizer })!;
  return scoreSequences(model, [tokens], { tokensPerMicroBatch: 100, padToken: 0 })[0]!;
}

async function score(rewards: object, completions: readonly Completion[]) {
  const resolve = (reference: string) => (reference === '@rm' ? dir : reference);
  const created = createRewards(rewardsSchema.parse(rewards), { resolve });
  const scored = await scoreAll(created, completions);
  disposeRewards(created);
  return scored;
}

const settings = { model: '@rm', template: 'plain', scale: 'raw' };

describe('rewards from reward models', () => {
  it('score the prompts of their own set and no others', async () => {
    const rewards = { helpful: settings, harmless: settings, accuracy: {} };
    const prompts = [asked(same, 'helpful'), asked(same, 'harmless'), completionOf('42')];
    const scored = await score(rewards, prompts);
    expect(scored.map(({ parts }) => Object.entries(parts).filter(([, value]) => value !== null))).toEqual([
      [['helpful', expect.any(Number)]],
      [['harmless', expect.any(Number)]],
      [['accuracy', 1]],
    ]);
    expect(scored[2]!.reward).toBe(1);
  });

  it('read the answer alone for helpfulness, the whole response for harmlessness', async () => {
    const [helpful, sameAnswer] = await score({ helpful: settings }, [
      asked(thought, 'helpful'),
      asked(same, 'helpful'),
    ]);
    expect(helpful!.reward).toBeCloseTo(raw(thought, 'answer'), 4);
    expect(sameAnswer!.reward).toBe(helpful!.reward);
    const harmless = await score({ harmless: settings }, [
      asked(thought, 'harmless'),
      asked(same, 'harmless'),
    ]);
    for (const [i, text] of [thought, same].entries()) {
      expect(harmless[i]!.reward).toBeCloseTo(raw(text, 'response'), 4);
    }
    expect(harmless[0]!.reward).not.toBeCloseTo(harmless[1]!.reward!, 4);
  });

  it('squash scores unless told not to; a response without an answer has a score of its own', async () => {
    const completions = [asked(same, 'helpful'), asked(unanswered, 'helpful')];
    const scores = async (more: object) =>
      (await score({ helpful: { model: '@rm', template: 'plain', ...more } }, completions)).map(
        ({ reward }) => reward,
      );
    const expected = raw(same, 'answer');
    expect((await scores({}))[0]).toBeCloseTo(1 / (1 + Math.exp(-expected)), 5);
    expect((await scores({}))[1]).toBe(0);
    expect((await scores({ scale: 'raw' }))[1]).toBe(-5);
    expect(await scores({ scale: 'raw', missing: -2, weight: 3 })).toEqual([
      expect.closeTo(3 * expected, 3),
      -6,
    ]);
  });

  it('give each its score in its place, whatever the micro-batches', async () => {
    const texts = ['red', 'red is warm .', 'blue is cold . red is warm .', unanswered, 'green'];
    const completions = [...texts.map((text) => asked(text, 'helpful')), asked('red', 'harmless')];
    for (const tokensPerMicroBatch of [1, 30, 10_000]) {
      const scored = await score({ helpful: { ...settings, tokensPerMicroBatch } }, completions);
      for (const [i, text] of texts.entries()) {
        expect(scored[i]!.reward).toBeCloseTo(text === unanswered ? -5 : raw(text, 'answer'), 4);
      }
      expect(scored[5]!.reward).toBeNull();
    }
  });

  it('score the tasks that are named in place of what prompts say', async () => {
    const rewards = { helpful: { ...settings, tasks: ['mine'] } };
    const [mine, general] = await score(rewards, [asked(same, 'none', 'mine'), asked(same, 'helpful')]);
    expect(mine!.reward).not.toBeNull();
    expect(general!.reward).toBeNull();
  });

  it('read as the model was trained, unless told otherwise', async () => {
    const report = path.join(dir, MODEL_REPORT);
    writeFileSync(report, JSON.stringify({ reads: 'response', template: 'plain', accuracy: 0.9 }));
    const [scored] = await score({ helpful: { model: '@rm', scale: 'raw' } }, [asked(thought, 'helpful')]);
    expect(scored!.reward).toBeCloseTo(raw(thought, 'response'), 4);
    const [other] = await score({ helpful: { model: '@rm', scale: 'raw', reads: 'answer' } }, [
      asked(thought, 'helpful'),
    ]);
    expect(other!.reward).toBeCloseTo(raw(thought, 'answer'), 4);
    writeFileSync(report, '{"reads": "all"}');
    await expect(score({ helpful: { model: '@rm' } }, [])).rejects.toThrow(/report\.json is damaged/);
    rmSync(report);
    expect(existsSync(report)).toBe(false);
  });

  it('keep nothing once disposed of, and refuse a language model', async () => {
    const before = memory().tensors;
    await score({ helpful: settings, harmless: settings }, [asked(same, 'helpful')]);
    expect(memory().tensors).toBe(before);
    const language = score({ helpful: { model: path.join(root, 'base') } }, []);
    await expect(language).rejects.toThrow(/missing: score\.weight/);
  });
});
