/**
 * @file A chat completion taken apart: thinking, answer, why it ended, what it cost.
 *
 * The thinking is read from fields of its own or from parts of the content (loose.ts). A server without a reasoning
 * parser leaves it in the content, between `<think>` tags.
 */
import type { Json, JsonObject, ReadResponse } from '../records.ts';
import { DEFAULT_TAGS, readResponse, responseOfParts } from '../text/index.ts';
import { finishOf } from './finish.ts';
import { countOf, objectOf, objectsOf, type Written, writtenIn } from './loose.ts';
import type { Usage } from './prices.ts';

/** One reply. */
export interface ChatChoice {
  /** The thought, without tags; null where there is none. */
  readonly reasoning: string | null;
  /** What follows the thought; null where the reply ended before there was anything. */
  readonly content: string | null;
  /** The reply read as one response: its text with the thought between tags, its answer. */
  readonly response: ReadResponse;
  /** Why it ended, as `finishOf` names it: `stop`, `length`, `content_filter` …; null where the endpoint does not say. */
  readonly finish: string | null;
}

/** What a request gave; the fields of ChatChoice are those of the first choice. */
export interface ChatReply extends ChatChoice {
  readonly choices: readonly ChatChoice[];
  readonly usage: Usage;
  /** The endpoint's reply as it came (of a stream: put together). */
  readonly raw: Json;
}

/**
 * Reads a completion. Odd fields beside a reply that is there are ignored.
 * @param promptBytes - size of the prompt, for endpoints that do not tell the usage
 * @returns null when the body holds no reply
 */
export function readReply(body: unknown, promptBytes: number): ChatReply | null {
  const listed = objectsOf(objectOf(body).choices);
  if (listed.length === 0) return null;
  const sorted = listed
    .map((choice, position) => ({ choice, at: countOf(choice.index) ?? position }))
    .toSorted((a, b) => a.at - b.at);
  const written = sorted.map(({ choice }) => ({
    ...writtenOf(choice),
    finish: finishOf(choice.finish_reason),
  }));
  const choices = written.map(readChoice);
  const usage = usageOf(objectOf(objectOf(body).usage)) ?? estimated(written, promptBytes);
  return { ...choices[0]!, choices, usage, raw: body as Json };
}

/** Thought and content of a choice; those of the older completions stand in `text`. */
function writtenOf({ message, text }: JsonObject): Written {
  return writtenIn({ content: text ?? null, ...objectOf(message) });
}

function readChoice({ thought, content, finish }: Written & { readonly finish: string | null }): ChatChoice {
  const response = thought === '' ? readTagged(content) : readTold(thought, content);
  return { reasoning: response.thought, content: response.content, response, finish };
}

const { thinkOpen, thinkClose } = DEFAULT_TAGS;

/** Thought and content that came apart. Tags at their very edges are what the server's parser left over. */
function readTold(thought: string, content: string): ReadResponse {
  const opened = thought.trim();
  const inner = opened.startsWith(thinkOpen) ? opened.slice(thinkOpen.length) : opened;
  const bare = inner.endsWith(thinkClose) ? inner.slice(0, -thinkClose.length) : inner;
  const lead = content.trimStart();
  const said = lead.startsWith(thinkClose) ? lead.slice(thinkClose.length).trimStart() : content;
  return responseOfParts(bare.trim(), said.trim() === '' ? null : said);
}

/**
 * A closing tag that begins or ends its line: it is there to end a thought, not to be spoken of. Models close thoughts
 * as `…\n</think>\n\n42` or `….</think>\n\n42`; prose that mentions the tag has words on both sides.
 */
const CLOSING = /^[ \t]*<\/think>|<\/think>(?=[ \t]*\r?\n[ \t]*\r?\n)/m;

/**
 * A text whose thought was not told apart: tags delimit a thought that they open, or one that the server's template had
 * opened. Anywhere else they are letters of the answer.
 */
function readTagged(content: string): ReadResponse {
  if (content.trimStart().startsWith(thinkOpen)) return readResponse(content);
  const close = CLOSING.exec(content);
  const before = close === null ? '' : content.slice(0, close.index);
  if (close === null || before.includes(thinkOpen)) return responseOfParts(null, content);
  const after = content.slice(close.index + close[0].length).trim();
  return responseOfParts(before.trim(), after === '' ? null : after);
}

/** What the endpoint says of the tokens; null where that is not to be used. */
function usageOf(usage: JsonObject): Usage | null {
  const promptTokens = countOf(usage.prompt_tokens);
  const total = countOf(usage.total_tokens);
  // Gemini leaves the count of a reply out that ended in its thought; the sum has it.
  const rest = promptTokens === null || total === null || total < promptTokens ? null : total - promptTokens;
  const completionTokens =
    countOf(usage.completion_tokens) ?? (usage.completion_tokens === undefined ? rest : null);
  if (promptTokens === null || completionTokens === null) return null;
  const ofPrompt = objectOf(usage.prompt_tokens_details);
  const ofReply = objectOf(usage.completion_tokens_details);
  const cached = countOf(usage.prompt_cache_hit_tokens) ?? countOf(ofPrompt.cached_tokens) ?? 0;
  return {
    promptTokens,
    cachedTokens: Math.min(cached, promptTokens),
    completionTokens,
    reasoningTokens: countOf(ofReply.reasoning_tokens) ?? countOf(usage.reasoning_tokens),
    estimated: false,
  };
}

/** As many tokens as the texts have bytes. */
function estimated(written: readonly Written[], promptBytes: number): Usage {
  return {
    promptTokens: promptBytes,
    cachedTokens: 0,
    completionTokens: Buffer.byteLength(written.map(({ thought, content }) => content + thought).join('')),
    reasoningTokens: null,
    estimated: true,
  };
}
