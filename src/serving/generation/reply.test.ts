import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteTokenizer, byteTokenizerFiles } from '../../../tests/support/byte-tokenizer.ts';
import { runs } from '../../../tests/support/long.ts';
import {
  ConstraintVocabulary,
  jsonObjectGrammar,
  TokenConstraint,
} from '../../inference/constraint/index.ts';
import type { Json } from '../../records.ts';
import { Tokenizer, tokenBytes } from '../../text/index.ts';
import { worldTokenizer } from '../../world/index.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';
import {
  type ReadingSettings,
  RequestReplies,
  type ScoredToken,
  type TokenEnd,
  TokenNames,
} from '../replies/index.ts';
import { REQUEST } from '../testing.ts';
import { ReplyRules, type RulesOptions } from './rules.ts';

const tokenizer = byteTokenizer();
const UNLIMITED = { maxTokens: null, maxAnswerTokens: null, maxThinkingTokens: null };
const END = tokenizer.eosId;
const CLOSING = Array.from(tokenizer.encode('\n</think>\n\n'));
/** The end of a thought as a model writes it: the control token, then an empty line. */
const CLOSED = [tokenizer.idOf('</think>')!, ...tokenizer.encode('\n\n')];
/** Tokens of a text in which control tokens are spelled letter by letter. */
const spelled = (text: string): number[] => Array.from(tokenizer.encode(text, { special: false }));

const OPENED = tokenizer.idOf('<think>')!;

/** A token by its bytes: parts of a character have no text of their own. */
const hexOf = ({ bytes }: Pick<TokenLogprob, 'bytes'>): string => Buffer.from(bytes!).toString('hex');
const names = new TokenNames(tokenizer);
const nameOf = (id: number): string => hexOf(names.of(id));

/** Whether a list is two others merged, each in its own order. */
function isMerge(whole: readonly string[], a: readonly string[], b: readonly string[]): boolean {
  let takenOfA = new Set([0]);
  for (const [at, one] of whole.entries()) {
    const next = new Set<number>();
    for (const taken of takenOfA) {
      if (a[taken] === one) next.add(taken + 1);
      if (b[at - taken] === one) next.add(taken);
    }
    takenOfA = next;
  }
  return whole.length === a.length + b.length && takenOfA.has(a.length);
}

/** The byte tokenizer without tokens for thinking tags, and with `>{` as one token. */
function withoutThinkingTokens(): Tokenizer {
  const files = byteTokenizerFiles();
  const {
    added_tokens: added,
    model,
    ...rest
  } = files.tokenizer as {
    added_tokens: readonly { readonly content: string }[];
    model: { readonly vocab: object; readonly merges: readonly Json[] };
  };
  const tokenizerFile = {
    ...rest,
    added_tokens: added.filter(({ content }) => content.startsWith('<|')),
    model: { ...model, vocab: { ...model.vocab, '>{': 267 }, merges: [...model.merges, ['>', '{']] },
  };
  const contents = new Map([
    ['tokenizer.json', Buffer.from(JSON.stringify(tokenizerFile))],
    ['tokenizer_config.json', Buffer.from(JSON.stringify(files.config))],
  ]);
  return new Tokenizer({ where: 'test', contents });
}

class Recorder {
  readonly events: GenerationEvent[] = [];
  push(event: GenerationEvent): void {
    if (event.type !== 'start') this.events.push(event);
  }
  count(): void {}

  /** All text of a kind. */
  text(kind: 'reasoning' | 'content'): string {
    return this.events.map((event) => (event.type === 'delta' ? event[kind] : '')).join('');
  }

  /** The tokens whose log-probabilities were told, in order. */
  told(kind: 'reasoning' | 'content'): string[] {
    return this.events.flatMap((event) =>
      event.type === 'delta' ? (event[`${kind}Logprobs`] ?? []).map(hexOf) : [],
    );
  }

  get finish(): Extract<GenerationEvent, { type: 'finish' }> | undefined {
    return this.events.find((event) => event.type === 'finish');
  }
}

type Playing = ReadingSettings &
  Omit<RulesOptions, 'index' | 'reading'> & {
    readonly names: TokenNames;
    readonly stop: readonly string[];
    readonly wantsLogprobs: boolean;
  };

const PLAYING: Playing = {
  tokenizer,
  names,
  prefilled: true,
  midThought: false,
  midAnswer: false,
  answerTags: false,
  showSpecial: false,
  constrained: false,
  limits: UNLIMITED,
  stop: [],
  closing: CLOSING,
  constraint: null,
  unending: { key: '', ids: new Int32Array(0) },
  reserve: 0,
  wantsLogprobs: false,
};

/** The rules of a reply in front of its text, as they stand in two processes. */
function open(options: Partial<Playing>, out: Recorder, ready = true): ReplyRules & { stopped(): boolean } {
  const playing = { ...PLAYING, ...options };
  const {
    names: shown,
    stop,
    wantsLogprobs,
    limits,
    closing,
    constraint,
    unending,
    reserve,
    ...rest
  } = playing;
  const { tokenizer: used, ...settings } = rest;
  const reading = { ...settings, constrained: constraint !== null };
  const request = { ...REQUEST, stop, topLogprobs: wantsLogprobs ? 0 : null };
  const text = new RequestReplies(request, used, shown, out);
  text.start({ promptTokens: 1, cachedTokens: 0, reading, weightVersion: 'default' });
  let isStopped = false;
  const outlet = {
    ready,
    token: (index: number, chosen: ScoredToken | null, end: TokenEnd): void => {
      isStopped ||= text.take(index, chosen, end);
    },
    started: () => {},
    failed: () => {},
  };
  const rules = new ReplyRules(
    { index: 0, tokenizer: used, reading, limits, closing, constraint, unending, reserve },
    outlet,
  );
  return Object.assign(rules, { stopped: () => isStopped });
}

/** Gives a reply the tokens a model would choose (unless others are forced) until it ends. */
function play(
  said: string | readonly number[],
  options: Partial<Playing> = {},
  context = 1000,
): { out: Recorder; ended: boolean; used: number; tokens: number[] } {
  const out = new Recorder();
  const reply = open(options, out);
  const script = typeof said === 'string' ? [...tokenizer.encode(said), END] : [...said];
  const tokens: number[] = [];
  for (let used = 1; used <= context; used++) {
    const { forced } = reply.constrain(context - used + 1);
    const token = forced ?? script.shift();
    if (token === undefined) return { out, ended: false, used, tokens };
    tokens.push(token);
    const goesOn = reply.accept({ token, logprob: -0.5, top: [] }, context - used);
    if (!goesOn || reply.stopped()) return { out, ended: true, used, tokens };
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
    const { out, ended } = play('one STOP</think>two STOP three', { stop: ['three', 'STOP'] });
    expect(out.finish?.stopString).toBe('STOP');
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

  it.each([
    [
      'quotes the tag that ends it',
      [...spelled('He asks what </think> does.\n'), ...CLOSED, ...spelled('It ends a thought.')],
      ['He asks what </think> does.', 'It ends a thought.', 27],
    ],
    [
      'has a second part',
      [...spelled('a'), CLOSED[0]!, OPENED, ...spelled('b'), CLOSED[0]!, ...spelled('4')],
      ['ab', '4', 5],
    ],
    [
      'goes on behind a part of the answer',
      [...spelled('a'), CLOSED[0]!, ...spelled('4 '), OPENED, ...spelled('b'), CLOSED[0]!, ...spelled('5')],
      ['ab', '4 5', 5],
    ],
    ['is opened twice', [OPENED, ...spelled('\nb'), CLOSED[0]!, ...spelled('4')], ['b', '4', 4]],
  ] as const)('a thought that %s is between the tokens of the tags', (_, tokens, expected) => {
    const { out } = play([...tokens, END]);
    expect([out.text('reasoning'), out.text('content'), out.finish?.reasoningTokens]).toEqual(expected);
  });

  it.each([
    '<think>hi</think> is how it looks.',
    '</think> ends a thought.',
    '<answer> is a tag.',
    '<answer>5</answer>',
  ])('an answer that begins with a tag in letters keeps it: %s', (said) => {
    const alone = play([...spelled(said), END], { prefilled: false }).out;
    expect([alone.text('reasoning'), alone.text('content')]).toEqual(['', said]);
    expect(alone.finish?.reasoningTokens).toBe(0);
    const after = play([...spelled('hm\n'), ...CLOSED, ...spelled(said), END]).out;
    expect([after.text('reasoning'), after.text('content')]).toEqual(['hm', said]);
  });

  it('takes off answer tags where the prompt asked for them', () => {
    const said = [...spelled('hm\n'), ...CLOSED, ...spelled('<answer> 5 </answer>'), END];
    expect(play(said, { answerTags: true }).out.text('content')).toBe('5');
    const bare = [...spelled('<answer> 5 </answer>'), END];
    expect(play(bare, { answerTags: true, prefilled: false }).out.text('content')).toBe('5');
  });

  it('reads tags as text where the vocabulary has no control tokens for them', () => {
    const words = worldTokenizer();
    const said = [...words.encode('<think> 1 plus 1 is 2 . </think> <answer> 2 </answer>'), words.eosId];
    const { out } = play(said, { tokenizer: words, prefilled: false, answerTags: true });
    expect([out.text('reasoning'), out.text('content')]).toEqual(['1 plus 1 is 2 .', '2']);
    expect(out.finish?.reasoningTokens).toBe(8);
  });

  it('counts blanks and all tokens of the opening tag with the thought that they open', () => {
    const spelt = withoutThinkingTokens();
    const parts = ['\n', '<thi', 'nk>', 'so</th', 'ink>', '4'].map((part) => [...spelt.encode(part)]);
    const options = { tokenizer: spelt, names: new TokenNames(spelt), prefilled: false, wantsLogprobs: true };
    const { out } = play([...parts.flat(), spelt.eosId], options);
    expect([out.text('reasoning'), out.text('content')]).toEqual(['so', '4']);
    expect(out.told('content')).toEqual([Buffer.from('4').toString('hex')]);
    expect(out.finish?.reasoningTokens).toBe(parts.flat().length - 1);
    const asTokens = play([...spelled('\n'), OPENED, ...spelled('so'), ...CLOSED, ...spelled('4'), END], {
      prefilled: false,
    }).out;
    expect([asTokens.text('reasoning'), asTokens.text('content')]).toEqual(['so', '4']);
    expect(asTokens.finish?.reasoningTokens).toBe(5);
  });

  it('keeps the blanks that a thought goes on with', () => {
    const said = [...spelled(' 40'), ...CLOSED, ...spelled('4'), END];
    const reasoning = (midThought: boolean) => play(said, { midThought }).out.text('reasoning');
    expect([reasoning(true), reasoning(false)]).toEqual([' 40', '40']);
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
    const letters = withoutThinkingTokens();
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

  it('tells every token of a reply that is cut within a character', () => {
    const limits = { maxTokens: 1, maxAnswerTokens: null, maxThinkingTokens: null };
    const { out } = play('é', { wantsLogprobs: true, prefilled: null, limits });
    const told = out.events.flatMap((event) => (event.type === 'delta' ? (event.contentLogprobs ?? []) : []));
    expect(told.map(({ bytes }) => bytes)).toEqual([[0xc3]]);
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

  it('tells the log-probability of each token once and in order', () => {
    const pieces = ['a', 'b', ' ', '\n', '<', 'é'].map((text) => spelled(text));
    const tokens = fc.array(fc.constantFrom(...pieces, [CLOSED[0]!], [OPENED]), { maxLength: 20 });
    const stops = fc.constantFrom([], ['ab '], ['a\n', '<<a']);
    fc.assert(
      fc.property(tokens, fc.boolean(), stops, (said, prefilled, stop) => {
        const script = [...said.flat(), END];
        const { out } = play(script, { prefilled, stop, answerTags: true, wantsLogprobs: true });
        const { completionTokens, reasoningTokens } = out.finish!;
        const reply = script.slice(0, completionTokens).filter((id) => id !== END);
        // The token that ends a reply is counted, be it amid a thought, and not told.
        const told = out.told('reasoning').length;
        expect([told, told + 1]).toContain(reasoningTokens);
        expect(isMerge(reply.map(nameOf), out.told('reasoning'), out.told('content'))).toBe(true);
      }),
      { numRuns: runs(300, 20_000) },
    );
  });

  it('tells log-probabilities neither before nor after the text of their tokens', () => {
    const pieces = ['a', 'b', ' ', '\n', '<', '思'].map((text) => spelled(text));
    const tokens = fc.array(fc.constantFrom(...pieces), { maxLength: 20 });
    fc.assert(
      fc.property(tokens, fc.constantFrom(['aab'], ['b b', '\n\n<']), (said, stop) => {
        const { out } = play([...said.flat(), END], { prefilled: false, stop, wantsLogprobs: true });
        let shown = '';
        let told = '';
        // With the last delta come the tokens of a stop string, which are not shown.
        for (const event of out.events.slice(0, -2)) {
          if (event.type !== 'delta') continue;
          shown += Buffer.from(event.content).toString('hex');
          told += (event.contentLogprobs ?? []).map(hexOf).join('');
          expect(told).toBe(shown);
        }
      }),
      { numRuns: runs(300, 20_000) },
    );
  });

  it('waits with its reader', () => {
    expect(open({}, new Recorder(), false).ready).toBe(false);
  });

  it('shows and counts nothing of the tokens that come after a stop string', () => {
    const out = new Recorder();
    const reply = open({ prefilled: false, stop: ['b'] }, out);
    const goesOn = spelled('abcd').map((token) => reply.accept({ token, logprob: null, top: [] }, 100));
    expect(goesOn).toEqual([true, true, true, true]);
    expect(reply.stopped()).toBe(true);
    expect(out.text('content')).toBe('a');
    expect(out.finish).toMatchObject({ reason: 'stop', stopString: 'b', completionTokens: 2 });
    expect(out.events).toHaveLength(2);
  });
});
