/** @file Composer: the question is written and sent, and replies under way are stopped. */
import { useRef, useState } from 'preact/hooks';
import { byTouch, submitsText } from './keys.ts';

const KEYBOARD_HINT = 'Enter sends, Shift+Enter breaks the line.';
const TOUCH_HINT = 'Enter breaks the line.';
const STOP_HINT = 'Escape stops.';

function hint(active: boolean): string {
  if (byTouch()) return active ? '' : TOUCH_HINT;
  return active ? STOP_HINT : KEYBOARD_HINT;
}

export interface ComposerProps {
  /** Columns of replies above: the composer is as wide. */
  readonly columns: number;
  /** Why nothing can be sent; null where it can. */
  readonly obstacle: string | null;
  readonly active: boolean;
  readonly send: (question: string) => void;
  readonly stop: () => void;
}

export function Composer({ columns, obstacle, active, send, stop }: ComposerProps) {
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
    <form class="composer" data-columns={columns} aria-label="Ask" onSubmit={submit}>
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
        {obstacle ?? hint(active)}
      </p>
    </form>
  );
}
