/** @file A question and the replies to it, side by side. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Turn } from '../conversation.ts';
import { memo } from '../memo.tsx';
import { isActive } from '../reply.ts';
import type { PanelMode } from '../settings.ts';
import type { ConversationActions } from '../use-conversation.ts';
import { submitsText } from './keys.ts';
import { ReplyCard } from './reply-card.tsx';

export interface TurnViewProps {
  readonly turn: Turn;
  /** The columns, in order. */
  readonly models: readonly string[];
  readonly mode: PanelMode;
  /** Turns after this one. */
  readonly after: number;
  readonly actions: ConversationActions;
  readonly enterKey: () => void;
  /** When the settings were saved last, or the page was opened. */
  readonly changedAt: number;
}

export const TurnView = memo((props: TurnViewProps) => {
  const { turn, models, mode, after, actions, enterKey, changedAt } = props;
  const last = after === 0;
  const asked = models.filter((model) => turn.replies[model] !== undefined);
  const idle = asked.length > 1 && asked.every((model) => !isActive(turn.replies[model]!));
  return (
    <section class="turn" aria-label="Question and replies">
      <Question turn={turn} models={models} after={after} actions={actions} />
      <div class="replies">
        {models.map((model) => {
          const reply = turn.replies[model];
          return reply === undefined ? (
            <NotAsked key={model} model={model} last={last} ask={() => actions.again(turn.id, [model])} />
          ) : (
            <ReplyCard
              key={model}
              model={model}
              reply={reply}
              mode={mode}
              last={last}
              changedAt={changedAt}
              again={() => actions.again(turn.id, [model])}
              stop={() => actions.stop(turn.id, model)}
              enterKey={enterKey}
            />
          );
        })}
      </div>
      {last && idle && (
        <p class="all">
          <button type="button" class="quiet" onClick={() => actions.again(turn.id, asked)}>
            Regenerate all
          </button>
        </p>
      )}
    </section>
  );
});

interface NotAskedProps {
  readonly model: string;
  readonly last: boolean;
  readonly ask: () => void;
}

function NotAsked({ model, last, ask }: NotAskedProps) {
  return (
    <article class="reply" aria-label={`Reply of ${model}`} data-phase="none">
      <h3>{model}</h3>
      <p class="waiting">Was not asked this.</p>
      {last && (
        <p>
          <button type="button" onClick={ask}>
            Ask {model}
          </button>
        </p>
      )}
    </article>
  );
}

function Question({
  turn,
  models,
  after,
  actions,
}: Pick<TurnViewProps, 'turn' | 'models' | 'after' | 'actions'>) {
  const [editing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const close = () => {
    setEditing(false);
    // The form that held the focus is gone.
    requestAnimationFrame(() => edit.current?.focus());
  };
  if (editing) {
    const ask = (question: string) => {
      close();
      actions.ask(question, models, turn.id);
    };
    return <QuestionForm question={turn.question} after={after} ask={ask} cancel={close} />;
  }
  return (
    <div class="question">
      <h2>{turn.question}</h2>
      <button
        type="button"
        class="quiet"
        aria-label="Edit this question"
        ref={edit}
        onClick={() => setEditing(true)}
      >
        Edit
      </button>
    </div>
  );
}

interface QuestionFormProps {
  readonly question: string;
  readonly after: number;
  readonly ask: (question: string) => void;
  readonly cancel: () => void;
}

function QuestionForm({ question, after, ask, cancel }: QuestionFormProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    const text = area.current!.value.trim();
    if (text !== '') ask(text);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      cancel();
    } else if (submitsText(event)) {
      submit(event);
    }
  };
  return (
    <form class="question editing" onSubmit={submit}>
      <textarea
        ref={area}
        aria-label="Edit the question"
        rows={3}
        defaultValue={question}
        onKeyDown={keyDown}
      />
      {after > 0 && (
        <p class="note">Asking again drops the {after === 1 ? 'turn' : `${after} turns`} after this one.</p>
      )}
      <p class="actions">
        <button type="submit" class="primary">
          Ask again
        </button>
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      </p>
    </form>
  );
}
