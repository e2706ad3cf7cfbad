/**
 * @file The thought of a reply in a panel that folds: open while it comes, if so set, and folded when the answer begins,
 * unless the reader has taken it in hand.
 */
import { useEffect, useState } from 'preact/hooks';
import { duration, tokens } from '../format.ts';
import { isActive, type Reply, thinkingTime, thinkingTokens } from '../reply.ts';
import type { PanelMode } from '../settings.ts';
import { useFollowing } from '../use-following.ts';
import { MarkdownText } from './markdown-text.tsx';

export interface ThinkingPanelProps {
  readonly model: string;
  readonly reply: Reply;
  readonly mode: PanelMode;
}

export function ThinkingPanel({ model, reply, mode }: ThinkingPanelProps) {
  const [choice, setChoice] = useState<boolean | null>(null);
  const thinking = reply.phase === 'thinking';
  const open = choice ?? (mode === 'always' || (mode === 'while-thinking' && thinking));
  const toggle = (event: Event) => {
    event.preventDefault();
    setChoice(!open);
  };
  return (
    <details class="thinking" open={open}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is clicked by Enter and Space as well */}
      <summary onClick={toggle}>
        <ThinkingSummary reply={reply} />
      </summary>
      {open && <Thought model={model} reply={reply} touch={() => setChoice(true)} />}
    </details>
  );
}

interface ThoughtProps {
  readonly model: string;
  readonly reply: Reply;
  readonly touch: () => void;
}

function Thought({ model, reply, touch }: ThoughtProps) {
  const done = reply.thinkingTo !== null;
  const { box, content, scrolled } = useFollowing<HTMLDivElement>(!done);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group, not fields of a form
    <div
      class="thought"
      role="group"
      aria-label={`Thinking of ${model}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must by keyboard
      tabIndex={0}
      ref={box}
      onScroll={scrolled}
      onFocusIn={touch}
      onPointerDown={touch}
    >
      <div ref={content}>
        <MarkdownText text={reply.reasoning} done={done} thought />
      </div>
    </div>
  );
}

function ThinkingSummary({ reply }: { readonly reply: Reply }) {
  const live = isActive(reply) && reply.thinkingTo === null;
  const now = useClock(live);
  const time = duration(thinkingTime(reply, now));
  return (
    <>
      {live ? 'Thinking… ' : 'Thought for '}
      <span class="figures">
        {time} · {tokens(thinkingTokens(reply))}
      </span>
    </>
  );
}

/** Milliseconds since 1970, ten times a second while `running`. */
function useClock(running: boolean): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => tick((count) => count + 1), 100);
    return () => clearInterval(timer);
  }, [running]);
  return Date.now();
}
