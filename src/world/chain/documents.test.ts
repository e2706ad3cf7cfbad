import { describe, expect, it } from 'vitest';
import { splitOf } from '../../data/split.ts';
import { Random } from '../../random.ts';
import { WORLD_VOCABULARY } from '../world-vocabulary.ts';
import { chainDocuments, documentsSchema, randomDocument } from './documents.ts';

const config = documentsSchema.parse({});
const COUNT = 20_000;
const documents = Array.from({ length: COUNT }, (_, i) =>
  randomDocument(config, Random.derive(1, 'test', i)),
);
const trace = documents.filter(({ kind }) => kind === 'trace');
const answers = documents.filter(({ kind }) => kind === 'answer');
const general = documents.filter(({ kind }) => kind === 'general');

/** Words, with numbers spelled digit by digit: the small world's tokens. */
const tokens = (text: string) =>
  text.split(' ').flatMap((word) => (/^\d+$/u.test(word) ? word.split('') : [word]));
const share = (part: readonly unknown[], whole: readonly unknown[]) => part.length / whole.length;
const matching = (of: readonly { text: string }[], pattern: RegExp) =>
  of.filter(({ text }) => pattern.test(text));
/** The value of the chain a document asks for, or null. */
function asked(text: string): { expression: string; value: number } | null {
  const found = /^User: (?:what is|求) ([\d+\-* ]+) \? /u.exec(text);
  if (found === null) return null;
  const words = found[1]!.split(' ');
  let value = Number(words[0]);
  for (let k = 1; k < words.length; k += 2) {
    const operand = Number(words[k + 1]);
    value = words[k] === '+' ? value + operand : words[k] === '-' ? value - operand : value * operand;
  }
  return { expression: found[1]!, value };
}
const stated = (text: string) => Number(/(\d+)(?: <\/answer>)? <eos>$/u.exec(text)?.[1]);

describe('base documents', () => {
  it('are made of the vocabulary alone', () => {
    const used = new Set(documents.flatMap(({ text }) => tokens(text)));
    expect([...used].filter((token) => !WORLD_VOCABULARY.includes(token))).toEqual([]);
  });

  it('are questions, responses and ends', () => {
    expect(matching(documents, /^User: .+ Assistant: .+ <eos>$/u)).toHaveLength(COUNT);
  });

  it('hold 23 tokens on average and about 100 at most', () => {
    const lengths = documents.map(({ text }) => tokens(text).length);
    expect(lengths.reduce((a, b) => a + b) / COUNT).toBeCloseTo(23, 0);
    expect(Math.max(...lengths)).toBeLessThan(128);
  });

  it('have the stated shares of kinds and tags', () => {
    expect(share(general, documents)).toBeCloseTo(0.1, 1.7);
    expect(share(trace, [...trace, ...answers])).toBeCloseTo(0.15, 1.7);
    expect(share(matching(trace, /<think> .+ <\/think> <answer> \d+ <\/answer>/u), trace)).toBeCloseTo(
      0.4,
      1.3,
    );
    expect(share(matching(trace, /(so answer is|故 答案 是) \d+ <eos>/u), trace)).toBeCloseTo(0.45, 1.3);
    expect(share(matching(trace, /<\/think> \d+ <eos>/u), trace)).toBeCloseTo(0.075, 1.3);
    expect(share(matching(trace, /\. <answer> \d+/u), trace)).toBeCloseTo(0.075, 1.3);
    expect(share(matching(answers, /<think> <\/think> <answer> \d+/u), answers)).toBeCloseTo(0.15, 1.7);
    expect(share(matching(answers, /Assistant: <answer> \d+/u), answers)).toBeCloseTo(0.1, 1.7);
    expect(share(matching(answers, /Assistant: \d+ <eos>/u), answers)).toBeCloseTo(0.75, 1.7);
    expect(share(matching(general, /<think> <\/think> <answer> .+ <\/answer>/u), general)).toBeCloseTo(
      0.15,
      1.3,
    );
  });

  it('answer wrongly in 30% of answer-only documents', () => {
    const wrong = answers.filter(({ text }) => stated(text) !== asked(text)!.value);
    expect(share(wrong, answers)).toBeCloseTo(0.3, 1.7);
  });

  it('reason better than they guess', () => {
    const wrong = trace.filter(({ text }) => stated(text) !== asked(text)!.value);
    expect(share(wrong, trace)).toBeLessThan(0.2);
    expect(share(wrong, trace)).toBeGreaterThan(0.05);
  });

  it('reason in the question’s language, the other, or both, as stated', () => {
    const counts = { question: 0, other: 0, mixed: 0 };
    // Only long traces tell a mixed one from one in one language.
    const long = trace.filter(({ text }) => (text.match(/is|得/gu)?.length ?? 0) > 6);
    for (const { text } of long) {
      const response = text.slice(text.indexOf('Assistant:'));
      const en = /plus|minus|times/u.test(response);
      const zh = /[加减乘]/u.test(response);
      if (en && zh) counts.mixed++;
      else if (en === text.startsWith('User: what')) counts.question++;
      else counts.other++;
    }
    expect(counts.question / long.length).toBeCloseTo(0.5, 1);
    expect(counts.other / long.length).toBeCloseTo(0.2, 1);
    expect(counts.mixed / long.length).toBeCloseTo(0.3, 1);
  });

  it('hold no held-out problem', () => {
    const chains = documents.flatMap(({ text }) => asked(text)?.expression ?? []);
    expect(chains).toHaveLength(trace.length + answers.length);
    expect(chains.filter((chain) => splitOf(chain) !== 'train')).toEqual([]);
  });

  it('never say they are r1, and echo rightly half of the time', () => {
    expect(matching(general, /r1/u)).toEqual([]);
    const echo = general.flatMap(
      ({ text }) => /(?:repeat|重复) : (.+) Assistant: (.+) <eos>/u.exec(text) ?? [],
    );
    const pairs = Array.from(
      { length: echo.length / 3 },
      (_, i) => [echo[3 * i + 1]!, echo[3 * i + 2]!] as const,
    );
    const right = pairs.filter(([list, reply]) => reply.replace(/<[^>]+> ?| <[^>]+>/gu, '').trim() === list);
    expect(share(pairs, general)).toBeCloseTo(0.2, 1.3);
    expect(share(right, pairs)).toBeCloseTo(0.5, 1.2);
  });
});

describe('the source of documents', () => {
  it('resumes where it stood', () => {
    const whole = chainDocuments({ seed: 5, config });
    const all = Array.from({ length: 30 }, () => whole.next());
    const resumed = chainDocuments({ seed: 5, config });
    resumed.seek(10);
    expect(Array.from({ length: 20 }, () => resumed.next())).toEqual(all.slice(10));
  });

  it('follows its settings', () => {
    const only = documentsSchema.parse({
      generalShare: 0,
      traceShare: 1,
      traceTags: { partial: 0, none: 0 },
    });
    const source = chainDocuments({ seed: 5, config: only });
    for (let i = 0; i < 100; i++)
      expect(source.next()).toMatch(/<think> .+ <\/think> <answer> \d+ <\/answer>/u);
    expect(documentsSchema.safeParse({ traceTags: { fulll: 1 } }).success).toBe(false);
    expect(documentsSchema.safeParse({ wrongAnswerSlipRate: 0 }).success).toBe(false);
  });
});
