/** @file The conversation as state of the page: asks, stops, keeps it in the browser. */
import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { Asker } from './asker.ts';
import { anyActive, type Conversation, EMPTY, reduce, turnsBefore } from './conversation.ts';
import { chatBody } from './request.ts';
import type { Settings } from './settings.ts';
import { loadConversation, saveConversation } from './storage.ts';

export interface AskOptions {
  readonly settings: Settings;
  readonly apiKey: string;
  readonly era: string;
}

export interface ConversationActions {
  /** A new question, in place of the turn `replaces` and what follows it where one is named. */
  ask(question: string, models: readonly string[], replaces?: string | null): void;
  /** The turn's question once more. */
  again(turn: string, models: readonly string[]): void;
  stop(turn?: string, model?: string): void;
  set(conversation: Conversation): void;
}

/** @returns the conversation, and actions that stay the same object */
export function useConversation(options: AskOptions): readonly [Conversation, ConversationActions] {
  const [conversation, dispatch] = useReducer(reduce, EMPTY, loadConversation);
  const latest = useRef({ conversation, options });
  latest.current = { conversation, options };
  useSaving(conversation);
  const actions = useMemo((): ConversationActions => {
    const asker = new Asker((replies) => dispatch({ type: 'events', replies }));
    const start = (turn: string, question: string, models: readonly string[]) => {
      const { conversation: now, options: asked } = latest.current;
      const earlier = turnsBefore(now, turn);
      for (const model of models) {
        asker.start(turn, chatBody(model, question, earlier, asked.settings, asked.era), asked.apiKey);
      }
    };
    return {
      ask(question, models, replaces = null) {
        asker.stop();
        // An edited question keeps its turn's name, so that what came before it is found by it.
        const turn = replaces ?? newId();
        dispatch({ type: 'ask', turn, question, models, at: Date.now(), replaces });
        start(turn, question, models);
      },
      again(turn, models) {
        const question = latest.current.conversation.turns.find(({ id }) => id === turn)?.question;
        if (question === undefined) return;
        for (const model of models) asker.stop(turn, model);
        dispatch({ type: 'again', turn, models, at: Date.now() });
        start(turn, question, models);
      },
      stop: (turn, model) => asker.stop(turn, model),
      set(next) {
        asker.stop();
        dispatch({ type: 'set', conversation: next });
      },
    };
  }, []);
  return [conversation, actions];
}

/** crypto.randomUUID needs a secure context, which a server in the local network is not. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join('');
}

/** Saves when a reply has ended, every few seconds while one comes, and when the page is left. */
function useSaving(conversation: Conversation): void {
  const latest = useRef(conversation);
  latest.current = conversation;
  const active = anyActive(conversation);
  useEffect(() => {
    if (!active) saveConversation(latest.current);
  }, [active, conversation.turns.length]);
  useEffect(() => {
    const save = () => saveConversation(latest.current);
    addEventListener('pagehide', save);
    const timer = active ? setInterval(save, 5000) : undefined;
    return () => {
      removeEventListener('pagehide', save);
      clearInterval(timer);
    };
  }, [active]);
}
