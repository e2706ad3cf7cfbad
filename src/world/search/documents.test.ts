import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { attemptsOf, readResponse } from '../../text/index.ts';
import { worldTokenizer } from '../world-tokenizer.ts';
import { readAttempt } from './attempts.ts';
import { randomSearchDocument, searchDocuments, searchDocumentsSchema } from './documents.ts';
import { expressionsOf, readExpression, sideOf, written } from './problem.ts';

const config = searchDocumentsSchema.parse({});
const draw = (count: number, settings = config) =>
  Array.from({ length: count }, (_, i) => randomSearchDocument(settings, Random.derive(5, 'test', i)));

/** The problem, the attempts and the response of a document. */
function parts(text: string) {
  const [, target, told, said] = /^User: make (\d+) from ([\d .]+) \? Assistant: (.*) <eos>$/.exec(text)!;
  const problem = { target: Number(target), numbers: told!.split(' . ').map(Number) };
  const response = readResponse(said!);
  return { problem, said: said!, response, attempts: attemptsOf(response).map(readAttempt) };
}

describe('the documents of the search world', () => {
  it('ask training problems only, in words the tokenizer knows', () => {
    const tokenizer = worldTokenizer();
    for (const { text } of draw(300)) {
      expect(sideOf(parts(text).problem)).toBe('train');
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      expect([...tokenizer.encode(text)]).not.toContain(tokenizer.unknownId);
    }
  });

  it('say `wait` after at most 60 % of the misses', () => {
    let [misses, waits] = [0, 0];
    for (const { text, kind } of draw(6_000)) {
      if (kind !== 'thought') continue;
      const { problem, attempts } = parts(text);
      for (const [i, attempt] of attempts.entries()) {
        if (attempt!.stated === problem.target) continue;
        misses += 1;
        if (i < attempts.length - 1) waits += 1;
      }
    }
    expect(waits / misses).toBeGreaterThan(0.56);
    expect(waits / misses).toBeLessThan(0.6);
  });

  it('never try an expression twice, and go through them in their order', () => {
    for (const { text, kind, attempts: count } of draw(2_000)) {
      if (kind !== 'thought') continue;
      const { problem, attempts } = parts(text);
      expect(attempts).toHaveLength(count);
      const order = expressionsOf(problem.numbers).map(written);
      const places = attempts.map((attempt) => order.indexOf(written(attempt!.expression)));
      expect(places).not.toContain(-1);
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    }
  });

  it('answer with the last attempt, and give no think tags to an answer without one', () => {
    for (const { text, kind } of draw(500)) {
      const { said, attempts } = parts(text);
      const answer = /(\d [-+*] \d [-+*] \d)(?: <\/answer>)?$/.exec(said)![1]!;
      if (kind === 'answer') expect(said).not.toContain('think>');
      else expect(written(attempts.at(-1)!.expression)).toBe(written(readExpression(answer)!));
    }
  });

  it('have thoughts of one attempt where every writer is impatient', () => {
    const documents = draw(300, { ...config, impatientShare: 1, stopRate: 1 });
    expect(documents.every(({ attempts }) => attempts <= 1)).toBe(true);
    expect(documents.some(({ text }) => text.includes('wait'))).toBe(false);
  });

  it('go on where the cursor was taken', () => {
    const source = searchDocuments({ seed: 1, config });
    source.next();
    const cursor = source.cursor();
    const next = source.next();
    const other = searchDocuments({ seed: 1, config });
    other.seek(cursor);
    expect(other.next()).toBe(next);
  });
});
