/** @file One model's reply: its thought, its answer, how it ended, what can be done with it. */
import { useEffect, useState } from 'preact/hooks';
import { rate, tokens } from '../format.ts';
import { isActive, type Reply, type ReplyError, tokensPerSecond, totalTokens } from '../reply.ts';
import type { PanelMode } from '../settings.ts';
import { CopyButton } from './copy-button.tsx';
import { MarkdownText } from './markdown-text.tsx';
import { ThinkingPanel } from './thinking-panel.tsx';

export interface ReplyActions {
  readonly again: () => void;
  readonly stop: () => void;
  readonly enterKey: () => void;
}

export interface ReplyCardProps extends ReplyActions {
  readonly model: string;
  readonly reply: Reply;
  readonly mode: PanelMode;
  /** A reply that others were built upon is not asked for again. */
  readonly last: boolean;
  /** When the settings were saved last, or the page was opened: what was refused before may be taken now. */
  readonly changedAt: number;
}

export function ReplyCard({ model, reply, mode, last, changedAt, ...actions }: ReplyCardProps) {
  const active = isActive(reply);
  const empty = reply.phase === 'done' && reply.content === '';
  return (
    <article class="reply" aria-label={`Reply of ${model}`} aria-busy={active} data-phase={reply.phase}>
      <h3>{model}</h3>
      {reply.phase === 'waiting' && <p class="waiting">Waiting for the first token…</p>}
      {reply.thinkingFrom !== null && (
        <ThinkingPanel key={reply.askedAt} model={model} reply={reply} mode={mode} />
      )}
      {reply.content !== '' && (
        <MarkdownText key={`answer ${reply.askedAt}`} text={reply.content} done={!active} />
      )}
      {empty && <p class="note">No answer{reply.reasoning === '' ? '.' : ' after the thought.'}</p>}
      <Ending reply={reply} />
      {reply.error !== null && (
        <Failure
          error={reply.error}
          retries={last && (reply.error.passing || reply.askedAt < changedAt)}
          {...actions}
        />
      )}
      <footer>
        <span class="figures">{figures(reply)}</span>
        <span class="actions">
          {active && (
            <button type="button" class="quiet" aria-label={`Stop ${model}`} onClick={actions.stop}>
              Stop
            </button>
          )}
          {!active && reply.content !== '' && (
            <CopyButton text={reply.content} label={`Copy the answer of ${model}`} />
          )}
          {!active && last && reply.error === null && (
            <button
              type="button"
              class="quiet"
              aria-label={`Regenerate the reply of ${model}`}
              onClick={actions.again}
            >
              Regenerate
            </button>
          )}
        </span>
      </footer>
    </article>
  );
}

const ENDINGS: { readonly [finish: string]: string } = {
  length: 'Cut at the limit: the reply is longer than its tokens.',
  insufficient_system_resource: 'Broken off: the server lost the model in the middle of the reply.',
  content_filter: 'Cut by a filter of the server.',
};

function Ending({ reply: { finish, phase } }: { readonly reply: Reply }) {
  if (phase === 'stopped') return <p class="note">Stopped.</p>;
  const text =
    phase === 'done' && finish !== null && Object.hasOwn(ENDINGS, finish) ? ENDINGS[finish] : undefined;
  return text === undefined ? null : <p class="note warning">{text}</p>;
}

function figures(reply: Reply): string {
  const speed = tokensPerSecond(reply);
  const parts = [
    totalTokens(reply) > 0 ? tokens(totalTokens(reply)) : '',
    speed === null ? '' : rate(speed),
    isActive(reply) ? '' : (reply.finish ?? ''),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

interface FailureProps extends ReplyActions {
  readonly error: ReplyError;
  /** Asking again can help. */
  readonly retries: boolean;
}

function Failure({ error, retries, again, enterKey }: FailureProps) {
  const wait = useCountdown(error.retryAt);
  return (
    <div class="failure">
      <p>
        {error.status !== null && <strong>{error.status} </strong>}
        {error.message}
      </p>
      <p class="actions">
        {retries && (
          <button type="button" aria-disabled={wait > 0} onClick={() => wait === 0 && again()}>
            {wait > 0 ? `Retry in ${wait} s` : 'Retry'}
          </button>
        )}
        {error.status === 401 && (
          <button type="button" onClick={enterKey}>
            Enter the API key
          </button>
        )}
      </p>
    </div>
  );
}

/** Whole seconds until the time. */
function useCountdown(until: number | null): number {
  const left = until === null ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [, tick] = useState(0);
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => tick((count) => count + 1), 250);
    return () => clearTimeout(timer);
  });
  return left;
}
