/** @file The lines that tell how a reply is getting on and how it ended. */
import type { ChatReply } from './reply.ts';

const MINUTE = 60;

/** `0.4 s`, `59.9 s`, `2 min 5 s`. */
export function timeText(seconds: number): string {
  // Rounded first: 59.96 s is a minute.
  if (Math.round(seconds * 10) < MINUTE * 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
}

/** `1 token`, `120 tokens`. */
export function tokensText(count: number): string {
  return `${count} ${count === 1 ? 'token' : 'tokens'}`;
}

/** While a thought lasts: `3.2 s · 120 tokens`. */
export function runningText(seconds: number, tokens: number): string {
  return `${timeText(seconds)} · ${tokensText(tokens)}`;
}

/** After it: `thought for 3.2 s · 120 tokens`. */
export function thoughtText(reply: ChatReply): string {
  return `thought for ${runningText(reply.thoughtSeconds ?? 0, reply.reasoningTokens)}`;
}

/** After a reply: tokens, tokens per second since it was asked for, and why it ended where it did not by itself. */
export function endText(reply: ChatReply): string {
  const { completionTokens, seconds, end } = reply;
  const parts = [tokensText(completionTokens)];
  if (seconds > 0 && completionTokens > 0) {
    parts.push(`${(completionTokens / seconds).toFixed(1)} tokens/s`);
  }
  if (end === 'length') parts.push('cut at the limit');
  if (end === 'stopped') parts.push('stopped');
  if (end === 'error') parts.push('broken off');
  return parts.join(' · ');
}
