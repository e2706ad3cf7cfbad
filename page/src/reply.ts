/**
 * @file One reply as it comes: what was thought, what was answered, how long it took, how it ended. Pure: events in, a
 * new reply out.
 */

/** `usage` of the API, as far as the page shows it. */
export interface Usage {
  readonly promptTokens: number;
  /** Thought and answer together. */
  readonly completionTokens: number;
  readonly reasoningTokens: number | null;
}

export interface ReplyError {
  /** HTTP status; null where no answer came, or the connection broke. */
  readonly status: number | null;
  readonly message: string;
  /** Milliseconds since 1970 before which the server asked not to try again. */
  readonly retryAt: number | null;
  /** The same request may get an answer another time: the network, the server or its load was the trouble. */
  readonly passing: boolean;
}

export type Phase = 'waiting' | 'thinking' | 'answering' | 'done' | 'stopped' | 'failed';

/** Times are milliseconds since 1970. */
export interface Reply {
  readonly phase: Phase;
  readonly reasoning: string;
  readonly content: string;
  readonly askedAt: number;
  readonly firstTokenAt: number | null;
  readonly thinkingFrom: number | null;
  readonly thinkingTo: number | null;
  readonly endedAt: number | null;
  /** Pieces received, one a token as a rule. */
  readonly reasoningPieces: number;
  readonly contentPieces: number;
  /** `stop`, `length` …, as the server says. */
  readonly finish: string | null;
  readonly usage: Usage | null;
  readonly error: ReplyError | null;
}

export type ReplyEvent =
  | {
      readonly type: 'piece';
      readonly at: number;
      readonly reasoning: string;
      readonly content: string;
      readonly finish: string | null;
      readonly usage: Usage | null;
    }
  | { readonly type: 'ended' | 'stopped'; readonly at: number }
  | { readonly type: 'failed'; readonly at: number; readonly error: ReplyError };

export function newReply(at: number): Reply {
  return {
    phase: 'waiting',
    reasoning: '',
    content: '',
    askedAt: at,
    firstTokenAt: null,
    thinkingFrom: null,
    thinkingTo: null,
    endedAt: null,
    reasoningPieces: 0,
    contentPieces: 0,
    finish: null,
    usage: null,
    error: null,
  };
}

export function isActive({ phase }: Reply): boolean {
  return phase === 'waiting' || phase === 'thinking' || phase === 'answering';
}

/** The reply after the event. What comes after its end changes nothing. */
export function applyEvent(reply: Reply, event: ReplyEvent): Reply {
  if (!isActive(reply)) return reply;
  if (event.type === 'piece') return applyPiece(reply, event);
  const ended = { ...closeThought(reply, event.at), endedAt: event.at };
  if (event.type === 'failed') return { ...ended, phase: 'failed', error: event.error };
  return { ...ended, phase: event.type === 'stopped' ? 'stopped' : 'done' };
}

function applyPiece(reply: Reply, piece: Extract<ReplyEvent, { type: 'piece' }>): Reply {
  let next: Reply = { ...reply, finish: piece.finish ?? reply.finish, usage: piece.usage ?? reply.usage };
  const token = piece.reasoning !== '' || piece.content !== '';
  if (token) next = { ...next, firstTokenAt: next.firstTokenAt ?? piece.at };
  if (piece.reasoning !== '') {
    next = {
      ...next,
      phase: next.phase === 'answering' ? 'answering' : 'thinking',
      reasoning: next.reasoning + piece.reasoning,
      reasoningPieces: next.reasoningPieces + 1,
      thinkingFrom: next.thinkingFrom ?? piece.at,
    };
  }
  if (piece.content !== '') {
    next = {
      ...closeThought(next, piece.at),
      phase: 'answering',
      content: next.content + piece.content,
      contentPieces: next.contentPieces + 1,
    };
  }
  return next;
}

function closeThought(reply: Reply, at: number): Reply {
  return reply.thinkingFrom === null || reply.thinkingTo !== null ? reply : { ...reply, thinkingTo: at };
}

/** Tokens of the thought: counted until the server says how many there were. */
export function thinkingTokens(reply: Reply): number {
  return reply.usage?.reasoningTokens ?? reply.reasoningPieces;
}

/** Milliseconds spent thinking, up to `now` while it lasts. */
export function thinkingTime(reply: Reply, now: number): number {
  if (reply.thinkingFrom === null) return 0;
  return Math.max(0, (reply.thinkingTo ?? now) - reply.thinkingFrom);
}

/** All tokens of the reply. */
export function totalTokens(reply: Reply): number {
  return reply.usage?.completionTokens ?? reply.reasoningPieces + reply.contentPieces;
}

/** Tokens a second after the first one; null where there are too few to tell. */
export function tokensPerSecond(reply: Reply): number | null {
  const tokens = totalTokens(reply) - 1;
  if (reply.firstTokenAt === null || reply.endedAt === null || tokens < 1) return null;
  const seconds = (reply.endedAt - reply.firstTokenAt) / 1000;
  return seconds > 0 ? tokens / seconds : null;
}
