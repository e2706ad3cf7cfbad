/**
 * @file Thinking and answer of a reply, told apart by tags.
 *
 * Two readings. `parseResponse` is forgiving and serves users: it shows whatever came before `</think>` as
 * reasoning. `hasR1ZeroFormat` is the format reward of DeepSeek-R1 (arXiv 2501.12948, §2.2.2) and is strict.
 * Neither uses a regular expression over the text, so newlines anywhere change nothing.
 */
import { DEFAULT_TAGS, type Tags } from './tags.ts';
import { ThinkingParser } from './thinking-parser.ts';

/** How a reply is to be read. */
export interface ParseOptions {
  /** The prompt opened the thought; left out: not known. */
  readonly prefilled?: boolean | undefined;
  readonly tags?: Tags;
}

/** A reply taken apart. */
export interface ParsedResponse {
  /** The thought without its tags and outer blanks; null when the reply has none, '' when it is empty. */
  readonly reasoning: string | null;
  /** The answer without its tags; null when the thought was never closed or nothing follows it; never ''. */
  readonly answer: string | null;
  /** The reply (not the prompt) contains the tag that opens the thought. */
  readonly opened: boolean;
  /** The thought was closed. */
  readonly closed: boolean;
  /** One thought, opened (by reply or prompt) and closed once, then an answer. Answer tags are not asked for. */
  readonly wellFormed: boolean;
}

/**
 * Splits a reply into reasoning and answer.
 *
 * A thought that is never closed makes everything reasoning; a reply without tags, whose prompt opened no thought,
 * is answer, unchanged. Answer tags at the start of the answer are taken off.
 * @example parseResponse('<think> 2 + 2 </think> <answer> 4 </answer>') // reasoning '2 + 2', answer '4'
 */
export function parseResponse(text: string, options: ParseOptions = {}): ParsedResponse {
  const tags = options.tags ?? DEFAULT_TAGS;
  const parser = new ThinkingParser({ tags, opened: options.prefilled });
  const head = parser.push(text);
  const tail = parser.end();
  const reasoning = parser.thought ? head.reasoning + tail.reasoning : null;
  const content = head.content + tail.content;
  const answer = content === '' ? null : content;
  const opens = count(text, tags.thinkOpen) + (options.prefilled === true ? 1 : 0);
  const once = opens === 1 && count(text, tags.thinkClose) === 1;
  return {
    reasoning,
    answer,
    opened: text.includes(tags.thinkOpen),
    closed: parser.closed,
    wellFormed: once && parser.closed && parser.openedAtStart && answer !== null,
  };
}

/**
 * Whether a reply has the format R1-Zero is rewarded for: `<think> … </think> <answer> … </answer>` and nothing
 * else but whitespace, each tag exactly once, the answer not empty. The thought may be empty.
 *
 * With `prefilled`, the prompt ended in `<think>`: the reply must not open it again.
 */
export function hasR1ZeroFormat(
  text: string,
  options: { readonly prefilled?: boolean; readonly tags?: Tags } = {},
): boolean {
  const { thinkOpen, thinkClose, answerOpen, answerClose } = options.tags ?? DEFAULT_TAGS;
  const body = (options.prefilled === true ? thinkOpen + text : text).trim();
  if ([thinkOpen, thinkClose, answerOpen, answerClose].some((tag) => count(body, tag) !== 1)) return false;
  if (!body.startsWith(thinkOpen) || !body.endsWith(answerClose)) return false;
  const close = body.indexOf(thinkClose);
  const open = body.indexOf(answerOpen);
  const between = body.slice(close + thinkClose.length, open);
  const answer = body.slice(open + answerOpen.length, body.length - answerClose.length);
  return close < open && between.trim() === '' && answer.trim() !== '';
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
