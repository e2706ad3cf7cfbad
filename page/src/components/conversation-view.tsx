/** @file The turns, with their end kept in view while replies come and the reader has not scrolled away. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { anyActive, type Conversation } from '../conversation.ts';
import type { PanelMode } from '../settings.ts';
import type { ConversationActions } from '../use-conversation.ts';
import { useFollowing } from '../use-following.ts';
import { TurnView } from './turn-view.tsx';

export interface ConversationViewProps {
  readonly conversation: Conversation;
  readonly models: readonly string[];
  readonly mode: PanelMode;
  readonly actions: ConversationActions;
  readonly enterKey: () => void;
  readonly changedAt: number;
  /** Questions to begin with. */
  readonly examples: readonly string[];
  /** Asks one of them; null where nothing can be asked. */
  readonly askExample: ((question: string) => void) | null;
  readonly children: ComponentChildren;
}

export function ConversationView(props: ConversationViewProps) {
  const { conversation, examples, askExample, children, ...rest } = props;
  const { turns } = conversation;
  const { box, content, away, scrolled, toEnd } = useFollowing<HTMLElement>(true);
  useLayoutEffect(toEnd, [turns.length]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must by keyboard
    <main ref={box} tabIndex={0} aria-label="Conversation" onScroll={scrolled}>
      <div class="turns" ref={content} data-columns={Math.max(1, rest.models.length)}>
        {children}
        {turns.length === 0 && askExample !== null && (
          <Welcome ask={askExample} models={rest.models} examples={examples} />
        )}
        {turns.map((turn, i) => (
          <TurnView key={turn.id} turn={turn} after={turns.length - 1 - i} {...rest} />
        ))}
      </div>
      {away && anyActive(conversation) && (
        <button type="button" class="to-end" onClick={toEnd}>
          To the end
        </button>
      )}
    </main>
  );
}

function Welcome({
  ask,
  models,
  examples,
}: {
  readonly ask: (question: string) => void;
  readonly models: readonly string[];
  readonly examples: readonly string[];
}) {
  return (
    <div class="welcome">
      <p>
        Ask {models.length === 1 ? <strong>{models[0]}</strong> : 'the models chosen above'} a question and
        see the thinking apart from the answer.
      </p>
      <ul>
        {examples.map((question) => (
          <li key={question}>
            <button type="button" onClick={() => ask(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
