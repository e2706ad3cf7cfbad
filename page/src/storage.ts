/**
 * @file State kept in the browser: the conversation (bounded), settings and chosen models in localStorage, the API key for
 * as long as the tab lives in sessionStorage. Where storage is refused, nothing is kept.
 */
import { type Conversation, EMPTY, type Turn } from './conversation.ts';
import { isActive, newReply, type Reply } from './reply.ts';

const KEYS = { conversation: 'aha.conversation', settings: 'aha.settings', models: 'aha.models' } as const;
const SECRET = 'aha.key';

/** Characters of the conversation that are kept; browsers give a site about five million. */
const LIMIT = 1_000_000;

/** The conversation as text of at most `limit` characters: first the oldest thoughts go, then the oldest turns. */
export function pack(conversation: Conversation, limit = LIMIT): string {
  let { turns } = conversation;
  let excess = JSON.stringify({ turns }).length - limit;
  turns = turns.map((turn) => {
    if (excess <= 0) return turn;
    const lighter = withoutThoughts(turn);
    excess -= JSON.stringify(turn).length - JSON.stringify(lighter).length;
    return lighter;
  });
  while (excess > 0 && turns.length > 0) {
    // The comma after it goes as well, unless it is the last.
    excess -= JSON.stringify(turns[0]).length + (turns.length > 1 ? 1 : 0);
    turns = turns.slice(1);
  }
  return JSON.stringify({ turns });
}

function withoutThoughts(turn: Turn): Turn {
  const replies = Object.entries(turn.replies).map(([model, reply]) => [model, { ...reply, reasoning: '' }]);
  return { ...turn, replies: Object.fromEntries(replies) as Turn['replies'] };
}

/** The conversation that `pack` wrote. A reply that was under way has been stopped; what is no turn is left out. */
export function unpack(text: string): Conversation {
  try {
    const { turns } = JSON.parse(text) as { turns?: unknown };
    return Array.isArray(turns) ? { turns: turns.filter(isTurn).map(settled) } : EMPTY;
  } catch {
    return EMPTY;
  }
}

function isTurn(value: unknown): value is Turn {
  const turn = value as Turn | null;
  return (
    typeof turn?.id === 'string' &&
    typeof turn.question === 'string' &&
    typeof turn.replies === 'object' &&
    turn.replies !== null &&
    Object.values(turn.replies).every(isReply)
  );
}

/** Whether every field is there and of its type. */
function isReply(value: unknown): value is Reply {
  const reply = value as { readonly [field: string]: unknown } | null;
  if (typeof reply !== 'object' || reply === null) return false;
  return Object.entries(newReply(0)).every(([field, example]) =>
    example === null ? field in reply : typeof reply[field] === typeof example,
  );
}

function settled(turn: Turn): Turn {
  const replies = Object.entries(turn.replies).map(([model, reply]) => [
    model,
    isActive(reply)
      ? { ...reply, phase: 'stopped', thinkingTo: reply.thinkingTo ?? reply.thinkingFrom }
      : reply,
  ]);
  return { ...turn, replies: Object.fromEntries(replies) as Turn['replies'] };
}

export function loadConversation(): Conversation {
  return unpack(read('localStorage', KEYS.conversation) ?? '');
}

export function saveConversation(conversation: Conversation): void {
  write('localStorage', KEYS.conversation, pack(conversation));
}

/** The parsed JSON, null where there is none. */
export function loadJson(name: 'settings' | 'models'): unknown {
  try {
    return JSON.parse(read('localStorage', KEYS[name]) ?? 'null');
  } catch {
    return null;
  }
}

export function saveJson(name: 'settings' | 'models', value: unknown): void {
  write('localStorage', KEYS[name], JSON.stringify(value));
}

export function loadKey(): string {
  return read('sessionStorage', SECRET) ?? '';
}

export function saveKey(key: string): void {
  write('sessionStorage', SECRET, key);
}

type Store = 'localStorage' | 'sessionStorage';

function read(store: Store, key: string): string | null {
  try {
    return globalThis[store].getItem(key);
  } catch {
    return null;
  }
}

function write(store: Store, key: string, value: string): void {
  try {
    globalThis[store].setItem(key, value);
  } catch {
    // Full or refused: the page works without.
  }
}
