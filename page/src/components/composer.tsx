/** @file Composer: the question is written and sent, and replies under way are stopped. */
import { useRef, useState } from 'preact/hooks';
import { submitsText } from './keys.ts';

export interface ComposerProps {
  /** Why nothing can be sent; null where it can. */
  readonly obstacle: string | null;
  readonly active: boolean;
  readonly send: (question: string) => void;
  readonly stop: () => void;
}

export function Composer({ obstacle, active, send, stop }: ComposerProps) {
  const [text, setText] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  const ready = text.trim() !== '' && obstacle === null && !active;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!ready) return;
    send(text.trim());
    setText('');
  };
  const click = (event: Event) => {
    if (!active) return;
    event.preventDefault();
    stop();
    area.current?.focus();
  };
  return (
    <form class="composer" aria-label="Ask" onSubmit={submit}>
      <label class="visually-hidden" for="question">
        Your question
      </label>
      <textarea
        id="question"
        ref={area}
        rows={2}
        placeholder="Ask something"
        aria-describedby="question-hint"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => submitsText(event) && submit(event)}
      />
      <button type="submit" class="primary" aria-disabled={!ready && !active} onClick={click}>
        {active ? 'Stop' : 'Send'}
      </button>
      <p id="question-hint" class="hint">
        {obstacle ?? (active ? 'Escape stops.' : 'Enter sends, Shift+Enter breaks the line.')}
      </p>
    </form>
  );
}
