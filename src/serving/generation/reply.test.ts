import { describe, expect, it } from 'vitest';
import { byteTokenizer, byteTokenizerFiles } from '../../../tests/support/byte-tokenizer.ts';
import {
  ConstraintVocabulary,
  jsonObjectGrammar,
  TokenConstraint,
} from '../../inference/constraint/index.ts';
import type { Json } from '../../records.ts';
import { Tokenizer, tokenBytes } from '../../text/index.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';
import { TokenNames } from './logprobs.ts';
import { Reply, type ReplyOptions } from './reply.ts';

const tokenizer = byteTokenizer();
const UNLIMITED = { maxTokens: null, maxAnswerTokens: null, maxThinkingTokens: null };
const END = tokenizer.eosId;
const CLOSING = Array.from(tokenizer.encode('\n</think>\n\n'));
/** The end of a thought as a model writes it: the control token, then an empty line. */
const CLOSED = [tokenizer.idOf('</think>')!, ...tokenizer.encode('\n\n')];
/** Tokens of a text in which control tokens are spelled letter by letter. */
const spelled = (text: string): number[] => Array.from(tokenizer.encode(text, { special: false }));

class Recorder {
  readonly events: GenerationEvent[] = [];
  ready = true;
  emit(event: GenerationEvent): void {
    this.events.push(event);
  }
  started(): void {}
  failed(): void {}

  /** All text of a kind. */
  text(kind: 'reasoning' | 'content'): string {
    return this.events.map((event) => (event.type === 'delta' ? event[kind] : '')).join('');
  }
  get finish(): Extract<GenerationEvent, { type: 'finish' }> | undefined {
    return this.events.find((event) => event.type === 'finish');
  }
}

/** Gives a reply the tokens a model would choose (unless others are forced) until it ends. */
function play(
  said: string | readonly number[],
  options: Partial<ReplyOptions> = {},
  context = 1000,
): { out: Recorder; ended: boolean; used: number; tokens: number[] } {
  const out = new Recorder();
  const reply = new Reply(
    {
      index: 0,
      tokenizer,
      names: new TokenNames(tokenizer),
      prefilled: true,
      limits: UNLIMITED,
      stop: [],
      showSpecial: false,
      closing: CLOSING,
      constraint: null,
      unending: { key: '', ids: new Int32Array(0) },
      reserve: 0,
      wantsLogprobs: false,
      ...options,
    },
    out,
  );
  const script = typeof said === 'string' ? [...tokenizer.encode(said), END] : [...said];
  const tokens: number[] = [];
  for (let used = 1; used <= context; used++) {
    const { forced } = reply.constrain(context - used + 1);
    const token = forced ?? script.shift();
    if (token === undefined) return { out, ended: false, used, tokens };
    tokens.push(token);
    if (!reply.accept({ token, logprob: -0.5, top: [] }, context - used))
      return { out, ended: true, used, tokens };
  }
  return { out, ended: false, used: context, tokens };
}

describe('Reply', () => {
  it('tells thinking from answer and counts the tokens of each', () => {
    const { out } = play('Let me see.\n</think>\n\nIt is 4.');
    expect([out.text('reasoning'), out.text('content')]).toEqual(['Let me see.', 'It is 4.']);
    expect(out.finish).toMatchObject({
      reason: 'stop',
      reasoningTokens: 13,
      completionTokens: 24,
      thought: true,
    });
  });

  it('takes a reply that opens its own thought apart, and one without a thought as it is', () => {
    const own = play('<think>so</think>four', { prefilled: false }).out;
    expect([own.text('reasoning'), own.text('content'), own.finish?.reasoningTokens]).toEqual([
      'so',
      'four',
      4,
    ]);
    const none = play('four </think> five', { prefilled: false }).out;
    expect([none.text('content'), none.finish?.thought]).toEqual(['four </think> five', false]);
  });

  it('does not take plain text apart', () => {
    expect(play('<think>so</think>four', { prefilled: null }).out.text('content')).toBe(
      '<think>so</think>four',
    );
  });

  it('ends by length at each of the three limits', () => {
    const limits = (changes: object) => ({ limits: { ...UNLIMITED, ...changes } });
    const said = 'abc</think>defghi';
    const total = play(said, limits({ maxTokens: 6 }));
    expect([total.out.text('content'), total.out.finish?.reason, total.used]).toEqual(['de', 'length', 6]);
    const answer = play(said, limits({ maxAnswerTokens: 3 }));
    expect([answer.out.text('content'), answer.out.finish?.completionTokens]).toEqual(['def', 7]);
    expect(play(said, {}, 5).out.finish).toMatchObject({ reason: 'length', completionTokens: 5 });
  });

  it('does not count the thought against the limit of the answer', () => {
    const { out } = play(`${'a'.repeat(50)}</think>bc`, { limits: { ...UNLIMITED, maxAnswerTokens: 3 } });
    expect([out.text('content'), out.finish?.reason]).toEqual(['bc', 'stop']);
  });

  it('closes the thought at its budget and lets the model answer', () => {
    const { out, tokens } = play('abcdefgh', { limits: { ...UNLIMITED, maxThinkingTokens: 3 } });
    expect(tokenizer.decode(tokens)).toBe(`abc\n</think>\n\ndefgh<|im_end|>`);
    expect([out.text('reasoning'), out.text('content')]).toEqual(['abc', 'defgh']);
    expect(out.finish).toMatchObject({ reason: 'stop', reasoningTokens: 5 });
  });

  it('takes no thought at all with a budget of 0, and leaves a thought alone that closes in time', () => {
    expect(play('four', { limits: { ...UNLIMITED, maxThinkingTokens: 0 } }).out.text('content')).toBe('four');
    const { tokens } = play('ab</think>c', { limits: { ...UNLIMITED, maxThinkingTokens: 3 } });
    expect(tokenizer.decode(tokens)).toBe('ab</think>c<|im_end|>');
  });

  it('counts a budget from where the model opened its own thought', () => {
    const options = { prefilled: false, limits: { ...UNLIMITED, maxThinkingTokens: 3 } };
    expect(play('<think>abcd', options).out.text('reasoning')).toBe('ab');
    expect(play('no thought here', options).out.text('content')).toBe('no thought here');
  });

  it('cuts the answer at a stop string, never the thought', () => {
    const { out, ended } = play('one STOP</think>two STOP three', { stop: ['STOP'] });
    expect([out.text('reasoning'), out.text('content'), ended]).toEqual(['one STOP', 'two ', true]);
    expect(out.finish?.reason).toBe('stop');
  });

  it.each([
    [
      'a tag spelled by letters within an answer is text',
      'The tag <think> opens.',
      '',
      'The tag <think> opens.',
    ],
    [
      'an answer after a thought may begin with the tag',
      [...spelled('hm\n'), ...CLOSED, ...spelled('<think> is a tag')],
      'hm',
      '<think> is a tag',
    ],
    ['an empty thought is no text', [...CLOSED, ...spelled('4')], '', '4'],
    [
      'characters of several tokens are put together in both',
      [...spelled('😀'), ...CLOSED, ...spelled('é😀')],
      '😀',
      'é😀',
    ],
    ['a character that is cut short is replaced', spelled('ab😀').slice(0, 4), '', 'ab\ufffd'],
  ] as const)('%s', (_, said, reasoning, content) => {
    const tokens = typeof said === 'string' ? spelled(said) : said;
    const prefilled = tokens.includes(CLOSED[0]!);
    const { out, ended } = play([...tokens, END], { prefilled });
    expect(ended).toBe(true);
    expect([out.text('reasoning'), out.text('content')]).toEqual([reasoning, content]);
  });

  it('passes over a stop string in the thought, and finds one behind the blanks after it', () => {
    const stopped = (tokens: readonly number[], stop: string) => {
      const { out } = play([...tokens, END], { stop: [stop] });
      return [out.text('reasoning'), out.text('content')];
    };
    expect(stopped([...spelled('a STOP b'), ...CLOSED, ...spelled('4 STOP 5')], 'STOP')).toEqual([
      'a STOP b',
      '4 ',
    ]);
    expect(stopped([...spelled('a'), ...CLOSED, ...spelled('4\n\n5')], '\n\n')).toEqual(['a', '4']);
  });

  it('shows what was held back when the reply ends', () => {
    const { out } = play([...tokenizer.encode('</think>a ST'), END], { stop: ['STOP'] });
    expect(out.text('content')).toBe('a ST');
    const cut = play([...tokenizer.encode('</think>aé')].slice(0, -1), {
      limits: { ...UNLIMITED, maxTokens: 3 },
    });
    expect(cut.out.text('content')).toBe('a\u{FFFD}');
  });

  it('begins a constrained answer after the token that closes the thought, whatever else that token holds', () => {
    const files = byteTokenizerFiles();
    const {
      added_tokens: added,
      model,
      ...rest
    } = files.tokenizer as {
      added_tokens: readonly { readonly content: string }[];
      model: { readonly vocab: object; readonly merges: readonly Json[] };
    };
    // `</think>` in letters, and `>{` one token.
    const tokenizerFile = {
      ...rest,
      added_tokens: added.filter(({ content }) => content.startsWith('<|')),
      model: { ...model, vocab: { ...model.vocab, '>{': 267 }, merges: [...model.merges, ['>', '{']] },
    };
    const contents = new Map([
      ['tokenizer.json', Buffer.from(JSON.stringify(tokenizerFile))],
      ['tokenizer_config.json', Buffer.from(JSON.stringify(files.config))],
    ]);
    const letters = new Tokenizer({ where: 'test', contents });
    const vocabulary = new ConstraintVocabulary(tokenBytes(letters)!, letters.eosIds);
    const constraint = new TokenConstraint(jsonObjectGrammar(), vocabulary).start();
    const said = ['so</think', '>{', '\n{"a":1}'].flatMap((text) => [...letters.encode(text)]);
    expect(said).toContain(letters.idOf('>{'));
    const { out, ended } = play(said, { tokenizer: letters, constraint });
    expect([out.text('reasoning'), out.text('content'), ended]).toEqual(['so', '{"a":1}', true]);
  });

  it('reports log-probabilities with the section each token is of', () => {
    const { out } = play('a</think>b', { wantsLogprobs: true });
    const told = (kind: 'reasoningLogprobs' | 'contentLogprobs'): readonly TokenLogprob[] =>
      out.events.flatMap((event) => (event.type === 'delta' ? (event[kind] ?? []) : []));
    expect(told('reasoningLogprobs').map(({ token }) => token)).toEqual(['a', '</think>']);
    expect(told('contentLogprobs')).toEqual([{ token: 'b', bytes: [98], logprob: -0.5, offset: 9, top: [] }]);
  });

  it('says where each token begins in the whole reply, and tells the token that ends a plain text', () => {
    const { out } = play('aé</think>b', { wantsLogprobs: true, prefilled: null });
    const told = out.events.flatMap((event) => (event.type === 'delta' ? (event.contentLogprobs ?? []) : []));
    expect(told.map(({ token, offset }) => [token, offset])).toEqual([
      ['a', 0],
      ['\ufffd', 1],
      ['\ufffd', 1],
      ['</think>', 2],
      ['b', 10],
      [tokenizer.tokenOf(tokenizer.eosId), 11],
    ]);
  });

  it('waits with its reader', () => {
    const out = new Recorder();
    out.ready = false;
    const reply = new Reply(
      {
        index: 0,
        tokenizer,
        names: new TokenNames(tokenizer),
        prefilled: null,
        limits: UNLIMITED,
        stop: [],
        showSpecial: false,
        closing: [],
        constraint: null,
        unending: { key: '', ids: new Int32Array(0) },
        reserve: 0,
        wantsLogprobs: false,
      },
      out,
    );
    expect(reply.ready).toBe(false);
  });
});
