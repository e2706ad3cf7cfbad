/** @file The conversation: questions, and to each the replies of one or more models. Pure: a reducer. */
import { applyEvent, isActive, newReply, type Reply, type ReplyEvent } from './reply.ts';

export interface Turn {
  readonly id: string;
  readonly question: string;
  readonly replies: { readonly [model: string]: Reply };
}

export interface Conversation {
  readonly turns: readonly Turn[];
}

export const EMPTY: Conversation = { turns: [] };

/** What came for one reply since the last frame. */
export interface ReplyEvents {
  readonly turn: string;
  readonly model: string;
  readonly events: readonly ReplyEvent[];
}

export type Action =
  /** A new question; `replaces` names the turn that it and all after it take the place of. */
  | {
      readonly type: 'ask';
      readonly turn: string;
      readonly question: string;
      readonly models: readonly string[];
      readonly at: number;
      readonly replaces: string | null;
    }
  /** A turn's question once more, to these models; what follows the turn goes. */
  | { readonly type: 'again'; readonly turn: string; readonly models: readonly string[]; readonly at: number }
  | { readonly type: 'events'; readonly replies: readonly ReplyEvents[] }
  | { readonly type: 'set'; readonly conversation: Conversation };

export function reduce(state: Conversation, action: Action): Conversation {
  switch (action.type) {
    case 'ask': {
      const { turn: id, question, models, at } = action;
      return {
        turns: [...turnsBefore(state, action.replaces), { id, question, replies: fresh(models, at) }],
      };
    }
    case 'again': {
      const turn = state.turns.find(({ id }) => id === action.turn);
      if (turn === undefined) return state;
      const replies = { ...turn.replies, ...fresh(action.models, action.at) };
      return { turns: [...turnsBefore(state, turn.id), { ...turn, replies }] };
    }
    case 'events':
      return action.replies.reduce(withEvents, state);
    case 'set':
      return action.conversation;
  }
}

function fresh(models: readonly string[], at: number): { [model: string]: Reply } {
  return Object.fromEntries(models.map((model) => [model, newReply(at)]));
}

/** The turns before the named one; all where it is null or not there. */
export function turnsBefore({ turns }: Conversation, id: string | null): readonly Turn[] {
  const index = turns.findIndex((turn) => turn.id === id);
  return index === -1 ? turns : turns.slice(0, index);
}

function withEvents(state: Conversation, { turn: id, model, events }: ReplyEvents): Conversation {
  const index = state.turns.findIndex((turn) => turn.id === id);
  const turn = state.turns[index];
  const reply = turn?.replies[model];
  if (turn === undefined || reply === undefined) return state;
  const replies = { ...turn.replies, [model]: events.reduce(applyEvent, reply) };
  return { turns: state.turns.with(index, { ...turn, replies }) };
}

export function anyActive({ turns }: Conversation): boolean {
  return turns.some(({ replies }) => Object.values(replies).some(isActive));
}
