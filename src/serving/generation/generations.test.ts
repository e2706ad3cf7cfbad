import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import { BYTE_VOCABULARY, byteTokenizer } from '../../../tests/support/byte-tokenizer.ts';
import { writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { compileFormat } from '../../inference/constraint/index.ts';
import { Engine } from '../../inference/engine/index.ts';
import { type LanguageModel, loadModel } from '../../models/index.ts';
import {
  type ChatMessage,
  Tokenizer,
  ToolCallParser,
  type ToolCallSyntax,
  toolSyntaxOf,
} from '../../text/index.ts';
import type { GenerationEvent, GenerationRequest } from '../backend.ts';
import { formatSource, type NamedFormat } from '../formats/index.ts';
import { RequestReplies, TokenNames } from '../replies/index.ts';
import { REQUEST } from '../testing.ts';
import type { Listener } from './generation.ts';
import { Generations } from './generations.ts';

/** A model with what it takes to ask it. */
interface Asked {
  readonly model: LanguageModel;
  readonly engine: Engine;
  readonly generations: Generations;
  readonly tokenizer: Tokenizer;
  readonly syntax: ToolCallSyntax | null;
}

function open(checkpoint: string): Asked {
  const model = loadModel(checkpoint);
  const context = model.config.maxPositions;
  const engine = new Engine(model, {
    maxRows: 8,
    context,
    blockSize: 16,
    cacheTokens: 4096,
    prefillTokens: 256,
    favours: 'latency',
  });
  const tokenizer = Tokenizer.load(checkpoint);
  const generations = new Generations(engine, {
    tokenizer,
    template: 'chat',
    thinking: 'auto',
    context,
    vocabSize: model.config.vocabSize,
  });
  return {
    model,
    engine,
    generations,
    tokenizer,
    syntax: toolSyntaxOf(tokenizer.chatTemplate?.source ?? ''),
  };
}

let bytes: Asked;
let world: Asked;
beforeAll(async () => {
  const dir = (): string => mkdtempSync(path.join(tmpdir(), 'aha-generations-'));
  bytes = open(await writeByteCheckpoint(dir()));
  world = open(await writeTinyCheckpoint(dir()));
});
afterAll(() => {
  for (const { engine, model } of [bytes, world]) {
    engine.dispose();
    model.dispose();
  }
});

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' } },
        required: ['city'],
        additionalProperties: false,
      },
    },
  },
];

type Changes = Partial<GenerationRequest> & { readonly seed?: number; readonly maxTokens?: number };

function request({ seed = 0, maxTokens = 120, ...changes }: Changes = {}): GenerationRequest {
  return {
    ...REQUEST,
    prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Say.' }] },
    sampling: { ...REQUEST.sampling, temperature: 1, seed },
    limits: { ...REQUEST.limits, maxTokens },
    ...changes,
  };
}

/** The format of a request, compiled here. */
function compiled(syntax: Asked['syntax'], made: GenerationRequest): NamedFormat | null {
  const source = formatSource(made, syntax);
  return source && { key: JSON.stringify(source), format: compileFormat(source) };
}

/** All events of one request. */
function run({ engine, generations, tokenizer, syntax }: Asked, made: GenerationRequest): GenerationEvent[] {
  const events: GenerationEvent[] = [];
  const text = new RequestReplies(made, tokenizer, new TokenNames(tokenizer), {
    push: (event, weight) => {
      events.push(event);
      generation.taken(weight);
    },
    count: (weight) => generation.taken(weight),
  });
  const listener: Listener = {
    start: (start) => text.start(start),
    prompt: (event) => {
      events.push(event);
      generation.taken(1);
    },
    token: (index, chosen, end) => {
      if (text.take(index, chosen, end)) generations.end(generation, index);
    },
    error: (error) => {
      throw error;
    },
  };
  const generation = generations.begin(made, listener, compiled(syntax, made));
  while (engine.busy) engine.step();
  return events;
}

function contentOf(events: readonly GenerationEvent[]): string {
  return events.map((event) => (event.type === 'delta' ? event.content : '')).join('');
}

describe('Generations', () => {
  it('gives JSON that parses, whatever a random model would say and however short it is kept', () => {
    for (let seed = 0; seed < 5; seed++) {
      for (const maxTokens of [12, 40, 200]) {
        const events = run(bytes, request({ seed, maxTokens, format: { type: 'json_object' } }));
        const content = contentOf(events);
        expect(() => JSON.parse(content) as unknown, content).not.toThrow();
        expect(typeof JSON.parse(content)).toBe('object');
        expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', thought: true });
      }
    }
  });

  it('refuses what leaves no room for JSON after the thought is closed', () => {
    for (let maxTokens = 1; maxTokens < 12; maxTokens++) {
      let content: string;
      try {
        content = contentOf(run(bytes, request({ maxTokens, format: { type: 'json_object' } })));
      } catch (error) {
        expect(String(error)).toContain(`there is room for ${maxTokens}`);
        continue;
      }
      expect(() => JSON.parse(content) as unknown, content).not.toThrow();
    }
  });

  it('refuses tokens that the tokenizer has and the model has not', async () => {
    // The last two: the tags of a call.
    const config = { vocab_size: BYTE_VOCABULARY - 2 };
    const small = open(
      await writeByteCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-generations-')), { config }),
    );
    const plain = { kind: 'chat', messages: [{ role: 'user', content: 'Rain?' }] } as const;
    const prompt = { ...plain, tools: TOOLS };
    expect(() => run(small, request({ prompt }))).toThrow('<tool_call>');
    expect(() => run(small, request({ prompt: plain, format: { type: 'json_object' } }))).not.toThrow();
    small.engine.dispose();
    small.model.dispose();
  });

  it('gives JSON of the schema', () => {
    const schema = {
      type: 'object',
      properties: { answer: { type: 'integer' }, sure: { enum: ['yes', 'no'] } },
      required: ['answer', 'sure'],
      additionalProperties: false,
    };
    for (let seed = 0; seed < 4; seed++) {
      const value = JSON.parse(
        contentOf(run(bytes, request({ seed, format: { type: 'json_schema', schema } }))),
      ) as {
        readonly answer: number;
        readonly sure: string;
      };
      expect(Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['answer', 'sure']);
      expect(Number.isInteger(value.answer)).toBe(true);
      expect(['yes', 'no']).toContain(value.sure);
    }
  });

  it('continues JSON that the last message begins, without a thought in it', () => {
    const continued = (content: string, seed: number, thought = '') => {
      const messages: readonly ChatMessage[] = [
        { role: 'user', content: 'Say.' },
        { role: 'assistant', content, reasoning_content: thought },
      ];
      const prompt = { kind: 'chat', messages, continueLast: true } as const;
      const events = run(bytes, request({ seed, maxTokens: 60, prompt, format: { type: 'json_object' } }));
      expect(events.at(-1)).toMatchObject({ reason: 'stop', thought: false });
      return contentOf(events);
    };
    for (let seed = 0; seed < 2; seed++) {
      for (const content of ['{"a": ', '{', '{"a": "x']) {
        const text = content + continued(content, seed);
        expect(JSON.parse(text), text).toBeInstanceOf(Object);
      }
    }
    const behind = continued('It is ', 0, 'So.');
    expect(JSON.parse(behind)).toBeInstanceOf(Object);
    expect(() => continued('{a', 0)).toThrow('is no beginning');
  });

  it('calls the tool it must call, so that the parser reads it', () => {
    const syntax = toolSyntaxOf(byteTokenizer().chatTemplate!.source)!;
    expect(syntax).toBe('hermes');
    for (let seed = 0; seed < 4; seed++) {
      const prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Rain?' }], tools: TOOLS } as const;
      const made = request({ seed, maxTokens: 200, prompt, format: { type: 'tool_call', name: 'weather' } });
      const parser = new ToolCallParser({ syntaxes: [syntax] });
      const head = parser.push(contentOf(run(bytes, made)));
      const tail = parser.end();
      const calls = [...head.calls, ...tail.calls];
      expect(calls[0]).toMatchObject({ name: 'weather' });
      const written = JSON.parse(calls.map((call) => call.arguments).join('')) as { readonly city: unknown };
      expect(typeof written.city).toBe('string');
      expect((head.content + tail.content).trim()).toBe('');
    }
  });

  it('may answer in the format at once, or after a thought of its own', () => {
    const off = { kind: 'chat', messages: [{ role: 'user', content: 'Say.' }], thinking: false } as const;
    const think = byteTokenizer().idOf('<think>')!;
    const made = request({ prompt: off, format: { type: 'json_object' } });
    expect(() => JSON.parse(contentOf(run(bytes, made))) as unknown).not.toThrow();
    const biased = { ...made, sampling: { ...made.sampling, logitBias: { [think]: 100 } } };
    const events = run(bytes, biased);
    expect(() => JSON.parse(contentOf(events)) as unknown).not.toThrow();
    expect(events.at(-1)).toMatchObject({ thought: true });
  });

  it('says what a model of words cannot do, and what there is no room for', () => {
    expect(() => run(world, request({ format: { type: 'json_object' } }))).toThrow('cannot spell JSON');
    expect(() => run(world, request({ format: { type: 'tool_call', name: null } }))).toThrow(
      'knows no tools',
    );
    expect(() => run(bytes, request({ maxTokens: 1, format: { type: 'json_object' } }))).toThrow(
      'Raise max_tokens',
    );
    const schema = { type: 'object', properties: { x: { type: 'string', pattern: '(?<=a)b' } } };
    expect(() => run(bytes, request({ format: { type: 'json_schema', schema } }))).toThrow('pattern');
    const required = Array.from({ length: 100_000 }, (_, i) => `r${i}`);
    const endless = { type: 'object', properties: {}, required };
    expect(() => run(bytes, request({ format: { type: 'json_schema', schema: endless } }))).toThrow(
      'schema: has more than 20000 values.',
    );
  });

  it.each([
    ['a text', { kind: 'text', text: 'aé b' }, 'aé b', [0, 1, 1, 2, 3]],
    ['token ids', { kind: 'tokens', ids: [66, 67] }, null, null],
  ] as const)('echoes %s with the log-probabilities of its tokens', (_what, prompt, text, offsets) => {
    const events = run(bytes, request({ prompt, echo: true, topLogprobs: 2, maxTokens: 3, n: 2 }));
    const echoed = events.filter((event) => event.type === 'prompt');
    const tokens = echoed.flatMap((event) => event.tokens);
    expect(echoed.map((event) => event.text).join('')).toBe(
      text ?? tokens.map(({ token }) => token).join(''),
    );
    if (offsets !== null) expect(tokens.map(({ offset }) => offset)).toEqual(offsets);
    expect(tokens[0]).toMatchObject({ logprob: null, top: [] });
    for (const { logprob, top } of tokens.slice(1)) {
      expect(logprob).toBeLessThan(0);
      expect(top).toHaveLength(2);
    }
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['start', 'prompt']);
    expect(events.filter(({ type }) => type === 'finish')).toHaveLength(2);
  });

  it('reads a prompt that fills the context where no reply is asked for', () => {
    const prompt = { kind: 'text', text: 'x'.repeat(1024) } as const;
    const events = run(bytes, request({ prompt, echo: true, topLogprobs: 0, maxTokens: 0 }));
    const tokens = events.flatMap((event) => (event.type === 'prompt' ? event.tokens : []));
    expect(tokens).toHaveLength(1024);
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'length', completionTokens: 0 });
    const plain = run(bytes, request({ prompt, echo: true, maxTokens: 0 }));
    expect(plain.map(({ type }) => type)).toEqual(['start', 'prompt', 'finish']);
  });

  it('refuses prompts beyond the context and biases on tokens that are none', () => {
    const prompt = { kind: 'text', text: 'x'.repeat(2000) } as const;
    expect(() => run(bytes, request({ prompt }))).toThrow('the prompt has 2000 tokens');
    const sampling = { ...request().sampling, logitBias: { x: 1 } };
    expect(() => run(bytes, request({ sampling }))).toThrow('logit_bias: x');
  });

  it('stops a reply that its text ends, and only that', () => {
    const made = request({ n: 2, maxTokens: 60, prompt: { kind: 'text', text: 'a' } });
    const textOf = (events: readonly GenerationEvent[], index: number) =>
      events.map((event) => (event.type === 'delta' && event.index === index ? event.content : '')).join('');
    const free = run(bytes, made);
    const stop = textOf(free, 0).slice(10, 14);
    const before = bytes.engine.stats.generatedTokens;
    const stopped = run(bytes, { ...made, stop: [stop] });
    expect(textOf(stopped, 0)).toBe(textOf(free, 0).split(stop)[0]);
    expect(textOf(stopped, 1)).toBe(textOf(free, 1));
    expect(bytes.engine.stats.generatedTokens - before).toBeLessThan(60 + 30);
    expect(stopped.filter(({ type }) => type === 'finish')).toHaveLength(2);
  });

  it('draws each of n replies from a stream of its own', () => {
    const events = run(bytes, request({ n: 3, maxTokens: 30 }));
    const texts = [0, 1, 2].map((index) =>
      events
        .map((event) => (event.type === 'delta' && event.index === index ? event.reasoning : ''))
        .join(''),
    );
    expect(new Set(texts).size).toBe(3);
  });
});
