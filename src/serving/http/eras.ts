/**
 * @file The eras of DeepSeek's reasoning API as one table of rules, and `open`, which honours everything.
 *
 * `r1` is the API of January 2025 as its guide to `deepseek-reasoner` described it, `r1-0528` that from DeepSeek-R1-0528
 * to V3.2-Exp, `thinking` the thinking mode of V3.2 and V4. One mapper reads the table; no other place asks for an era.
 */

export const ERAS = ['r1', 'r1-0528', 'thinking', 'open'] as const;
export type Era = (typeof ERAS)[number];

/**
 * A thinking budget for the effort `low`, in tokens. DeepSeek publishes none and trains effort into the model; a
 * checkpoint without such training is held to this length instead.
 */
export const LOW_EFFORT_BUDGET = 1024;

export interface EraRules {
  /** What `max_tokens` counts, what it is when left out (null: no bound but the context) and the most it may be. */
  readonly maxTokens: {
    readonly counts: 'answer' | 'total';
    readonly default: number | null;
    readonly max: number | null;
  };
  /** Thinking budget where the request cannot or does not set one. */
  readonly maxThinkingTokens: number | null;
  /** Most tokens of the prompt and what `max_tokens` counts, whatever the model could do. */
  readonly context: number | null;
  /** `fixed`: temperature, top_p and penalties are accepted without effect. `fixed-thinking`: only while thinking. */
  readonly sampling: 'fixed' | 'fixed-thinking' | 'honoured';
  /** Fields that are an error when they ask for something, and why. */
  readonly refused: { readonly [field: string]: string };
  /** Fields of later or other APIs, passed over unread. */
  readonly ignored: readonly string[];
  readonly responseFormats: readonly ('text' | 'json_object' | 'json_schema')[];
  /** What happens to `reasoning_content` of earlier turns. */
  readonly reasoningInput: 'refused' | 'prefix' | 'tool-turns' | 'kept';
  /** Where an assistant message with `prefix: true` may be gone on with. */
  readonly prefix: 'beta' | 'anywhere';
  /** Whether a request that does not say thinks; null leaves it to the model's template. */
  readonly thinks: boolean | null;
  /** How `reasoning_effort` reaches the template. */
  readonly effort: 'mapped' | 'as-is';
  /** Status for a body of the wrong shape: 422 was DeepSeek's until 2025, 400 is OpenAI's and DeepSeek's now. */
  readonly shapeStatus: 400 | 422;
  /**
   * The `content` of a stream's first chunk, which holds only the role: null as captured from DeepSeek's API of 2026, or
   * the empty text of OpenAI's. The program in DeepSeek's guide adds whatever is no thought to the answer and takes no null.
   */
  readonly firstContent: '' | null;
  /** Where streamed usage goes when `stream_options.include_usage` is set. */
  readonly usage: 'last-chunk' | 'own-chunk';
  /** How a reply ends whose model was lost: with the finish reason DeepSeek has for it, or with an error. */
  readonly interrupted: 'finish' | 'error';
  /** Names that mean the default model, and whether it thinks under them (null: as the era does). */
  readonly aliases: { readonly [name: string]: { readonly thinks: boolean | null } };
}

const OPEN_FIELDS = ['top_k', 'logit_bias', 'max_thinking_tokens', 'chat_template_kwargs'];
const OPEN_ONLY = [...OPEN_FIELDS, 'max_completion_tokens', 'continue_final_message'];
const NO_LOGPROBS = 'deepseek-reasoner does not support log-probabilities';
const NO_TOOLS = 'deepseek-reasoner does not support function calling';

/** The API whose guide is the article of January 2025. */
const R1: EraRules = {
  maxTokens: { counts: 'answer', default: 4096, max: 8192 },
  maxThinkingTokens: 32_768,
  context: 65_536,
  sampling: 'fixed',
  refused: { logprobs: NO_LOGPROBS, top_logprobs: NO_LOGPROBS, tools: NO_TOOLS },
  ignored: [...OPEN_ONLY, 'thinking', 'reasoning_effort'],
  responseFormats: ['text'],
  reasoningInput: 'refused',
  prefix: 'beta',
  thinks: true,
  effort: 'as-is',
  shapeStatus: 422,
  firstContent: '',
  usage: 'last-chunk',
  interrupted: 'finish',
  aliases: { 'deepseek-reasoner': { thinks: null } },
};

export const ERA_RULES: { readonly [era in Era]: EraRules } = {
  r1: R1,
  // The same but for what is listed.
  'r1-0528': {
    ...R1,
    maxTokens: { counts: 'total', default: 32_768, max: 65_536 },
    maxThinkingTokens: null,
    context: null,
    responseFormats: ['text', 'json_object'],
    reasoningInput: 'prefix',
  },
  thinking: {
    maxTokens: { counts: 'total', default: null, max: null },
    maxThinkingTokens: null,
    context: null,
    sampling: 'fixed-thinking',
    refused: {},
    ignored: OPEN_ONLY,
    responseFormats: ['text', 'json_object'],
    reasoningInput: 'tool-turns',
    prefix: 'beta',
    thinks: true,
    effort: 'mapped',
    shapeStatus: 400,
    firstContent: null,
    usage: 'last-chunk',
    interrupted: 'finish',
    aliases: { 'deepseek-reasoner': { thinks: true }, 'deepseek-chat': { thinks: false } },
  },
  open: {
    maxTokens: { counts: 'total', default: null, max: null },
    maxThinkingTokens: null,
    context: null,
    sampling: 'honoured',
    refused: {},
    ignored: [],
    responseFormats: ['text', 'json_object', 'json_schema'],
    reasoningInput: 'kept',
    prefix: 'anywhere',
    thinks: null,
    effort: 'as-is',
    shapeStatus: 400,
    firstContent: null,
    usage: 'own-chunk',
    interrupted: 'error',
    aliases: { 'deepseek-reasoner': { thinks: null } },
  },
};
