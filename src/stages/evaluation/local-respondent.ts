/**
 * @file A checkpoint sampled in this process, a wave of responses at a time.
 *
 * Waves are cut from the whole list of samples, not from what is missing, and each has its own random stream: an
 * interrupted evaluation goes on to the very responses it would have had.
 */
import { UsageError } from '../../errors.ts';
import { loadModel, readConfig } from '../../models/index.ts';
import { Random } from '../../random.ts';
import type { Completion, Json } from '../../records.ts';
import { type Policy, rollout } from '../../rollout/index.ts';
import { explainOutOfMemory, Generator } from '../../tensor/index.ts';
import { encodePrompt, type PromptTemplate, Tokenizer } from '../../text/index.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import {
  type Assignment,
  type Decoding,
  PAPER_MAX_TOKENS,
  type Reply,
  type Respondent,
  type SampleKey,
} from './respondent.ts';

/** Settings of a local model. */
export interface LocalOptions {
  readonly checkpoint: string;
  /** Tells this checkpoint from a changed one. */
  readonly fingerprint: string;
  readonly name: string;
  readonly device: string;
  /** Precision of the weights; logits and sampling are float32 in both. */
  readonly dtype: 'float32' | 'bfloat16';
  readonly template: PromptTemplate;
  readonly temperature: number;
  readonly topP: number;
  /** null: the paper's 32,768, or what the model's context leaves beside the longest prompt. */
  readonly maxTokens: number | null;
  /** Responses decoded together. */
  readonly rows: number;
}

/**
 * Loads a checkpoint.
 * @param questions - all that will be asked, to know how long a response may be
 */
export function localRespondent(options: LocalOptions, questions: readonly string[]): Respondent {
  const { checkpoint, fingerprint, device, dtype, template, rows } = options;
  const tokenizer = Tokenizer.load(checkpoint);
  const lengths = questions.map((question) => encodePrompt(template, question, tokenizer).length);
  const decoding: Decoding = {
    temperature: options.temperature,
    topP: options.topP,
    maxTokens: longestResponse(options, Math.max(0, ...lengths)),
  };
  const model = loadModel(checkpoint, { device, dtype });
  const policy: Policy = { model, tokenizer, template, version: 0 };
  const identity: Record<string, Json> = { checkpoint: fingerprint, template, dtype, rows, ...decoding };
  return {
    name: options.name,
    identity,
    decoding,
    answer: (assignment) => answer(policy, device, decoding, rows, assignment),
    bill: null,
    close: () => model.dispose(),
  };
}

/** What the model's context leaves for a response. */
function longestResponse({ checkpoint, maxTokens }: LocalOptions, longestPrompt: number): number {
  const { maxPositions } = readConfig(checkpoint);
  const left = maxPositions - longestPrompt;
  const asked = maxTokens ?? Math.min(PAPER_MAX_TOKENS, left);
  if (asked <= left && asked > 0) return asked;
  throw new UsageError(
    `a prompt of ${longestPrompt} tokens and a response of ${Math.max(1, asked)} do not fit the model's context of ${maxPositions}`,
    left > 0 ? `Allow at most ${left} tokens (--max-tokens).` : 'Use a model with a longer context.',
  );
}

/** Prompts from `first` on, and which of their samples. */
interface Wave {
  readonly problems: readonly number[];
  readonly samples: readonly number[];
}

/** All samples in waves of at most `rows` responses: whole groups where one fits, parts of a group where not. */
export function wavesOf(problems: number, k: number, rows: number): Wave[] {
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const perWave = Math.max(1, Math.floor(rows / k));
  const waves: Wave[] = [];
  for (let problem = 0; problem < problems; problem += perWave) {
    const some = range(problem, Math.min(problems, problem + perWave));
    for (let sample = 0; sample < k; sample += rows) {
      waves.push({ problems: some, samples: range(sample, Math.min(k, sample + rows)) });
    }
  }
  return waves;
}

async function answer(
  policy: Policy,
  device: string,
  decoding: Decoding,
  rows: number,
  { prompts, k, seed, has, deliver, signal }: Assignment,
): Promise<void> {
  for (const [index, { problems, samples }] of wavesOf(prompts.length, k, rows).entries()) {
    const keys = problems.flatMap((problem) => samples.map((sample): SampleKey => ({ problem, sample })));
    if (keys.every(has)) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
    const generator = new Generator(Random.derive(seed, 'evaluation', index).int(0, 2 ** 32 - 1), device);
    const asked = problems.map((problem) => prompts[problem]!);
    const completions = explainOutOfMemory('lower `--rows` or `--max-tokens`', () =>
      rollout(policy, asked, { ...decoding, topK: 0, groupSize: samples.length, maxRows: rows, generator }),
    );
    const replies = completions.map((completion, i) => toReply(policy, completion, keys[i]!));
    await deliver(replies.filter((reply) => !has(reply)));
  }
}

function toReply({ template }: Policy, completion: Completion, key: SampleKey): Reply {
  const { text, response, finish, tokens } = completion;
  const keeps = template === 'chat' ? response.wellFormed : response.r1Zero;
  return {
    ...key,
    text,
    answer: response.content,
    formatted: finish === 'stop' && keeps,
    finish,
    length: tokens.length,
  };
}
