/** @file The page: models and settings above, the conversation in the middle, the question below. */
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { anyActive, type Conversation, EMPTY } from '../conversation.ts';
import { exportConversation } from '../export.ts';
import { readSettings, type Settings } from '../settings.ts';
import { loadJson, loadKey, saveJson, saveKey } from '../storage.ts';
import { useAnnouncement } from '../use-announcement.ts';
import { useConversation } from '../use-conversation.ts';
import { type Server, useServer } from '../use-server.ts';
import { Composer } from './composer.tsx';
import { ConversationView } from './conversation-view.tsx';
import { MOST_MODELS, ModelPicker } from './model-picker.tsx';
import { SettingsDialog } from './settings-dialog.tsx';

export function App() {
  const [settings, setSettings] = useState(() => readSettings(loadJson('settings')));
  const [apiKey, setKey] = useState(loadKey);
  const [server, reload] = useServer(apiKey);
  const [wanted, choose] = useChosenModels();
  const [dialog, setDialog] = useState<'first' | 'key' | null>(null);
  const [previous, setPrevious] = useState<Conversation | null>(null);
  const [changedAt, setChangedAt] = useState(Date.now);
  const { era } = server.info;
  const [conversation, actions] = useConversation({ settings, apiKey, era });
  const chosen = useMemo(() => chosenOf(server.models, wanted), [server.models, wanted]);
  const active = anyActive(conversation);
  const enterKey = useCallback(() => setDialog('key'), []);
  useEscape(active, actions.stop);
  const save = (next: Settings, key: string) => {
    setSettings(next);
    saveJson('settings', next);
    setKey(key);
    saveKey(key);
    setChangedAt(Date.now());
  };
  const begin = () => {
    setPrevious(conversation);
    actions.set(EMPTY);
    document.getElementById('question')?.focus();
  };
  const send = (question: string) => {
    setPrevious(null);
    actions.ask(question, chosen);
  };
  return (
    <>
      <a class="skip" href="#question">
        Skip to the question
      </a>
      <header>
        <h1>aha</h1>
        {server.models !== null && <ModelPicker models={server.models} chosen={chosen} choose={choose} />}
        <nav aria-label="Conversation">
          <button
            type="button"
            disabled={conversation.turns.length === 0}
            aria-label="New conversation"
            onClick={begin}
          >
            New
          </button>
          <button
            type="button"
            disabled={conversation.turns.length === 0}
            aria-label="Export the conversation as JSON"
            onClick={() => exportConversation(conversation, settings, server.info.version)}
          >
            Export
          </button>
          <button type="button" aria-haspopup="dialog" onClick={() => setDialog('first')}>
            Settings
          </button>
        </nav>
      </header>
      <ConversationView
        conversation={conversation}
        models={chosen}
        mode={settings.panel}
        actions={actions}
        enterKey={enterKey}
        changedAt={changedAt}
        examples={server.models?.find(({ id }) => id === chosen[0])?.examples ?? []}
        askExample={server.models === null || chosen.length === 0 ? null : send}
      >
        <Problem server={server} reload={reload} enterKey={enterKey} />
        {previous !== null && previous.turns.length > 0 && (
          <p class="notice">
            A new conversation has begun.{' '}
            <button
              type="button"
              onClick={() => {
                actions.set(previous);
                setPrevious(null);
              }}
            >
              Bring back the last one
            </button>
          </p>
        )}
      </ConversationView>
      <footer class="foot">
        <Composer
          columns={Math.max(1, chosen.length)}
          obstacle={obstacle(server, chosen)}
          active={active}
          send={send}
          stop={actions.stop}
        />
      </footer>
      <div role="status" class="visually-hidden">
        {useAnnouncement(conversation)}
      </div>
      {dialog !== null && (
        <SettingsDialog
          settings={settings}
          apiKey={apiKey}
          era={era}
          focus={dialog}
          save={save}
          close={() => setDialog(null)}
        />
      )}
    </>
  );
}

function Problem({
  server,
  reload,
  enterKey,
}: {
  readonly server: Server;
  reload(): void;
  enterKey(): void;
}) {
  if (server.problem === null) return null;
  const locked = server.problem.status === 401;
  return (
    <div class="failure">
      <p>{locked ? `This server asks for an API key: ${server.problem.message}` : server.problem.message}</p>
      <p class="actions">
        {locked && (
          <button type="button" onClick={enterKey}>
            Enter the API key
          </button>
        )}
        {server.problem.passing && (
          <button type="button" onClick={reload}>
            Try again
          </button>
        )}
      </p>
    </div>
  );
}

function obstacle({ models, problem }: Server, chosen: readonly string[]): string | null {
  if (models === null)
    return problem === null ? 'Asking the server for its models…' : 'The models are not known.';
  return chosen.length === 0 ? 'Choose a model above.' : null;
}

/** The models wanted that are there; the first where none was ever chosen or none is left. */
function chosenOf(models: Server['models'], wanted: readonly string[] | null): readonly string[] {
  const ids = (models ?? []).map(({ id }) => id);
  if (models === null) return wanted ?? [];
  const there = ids.filter((id) => wanted?.includes(id)).slice(0, MOST_MODELS);
  return there.length > 0 || wanted?.length === 0 ? there : ids.slice(0, 1);
}

function useChosenModels() {
  const [wanted, set] = useState<readonly string[] | null>(() => {
    const kept = loadJson('models');
    return Array.isArray(kept) && kept.length > 0 ? kept.filter((id) => typeof id === 'string') : null;
  });
  const choose = (models: readonly string[]) => {
    set(models);
    saveJson('models', models);
  };
  return [wanted, choose] as const;
}

/** Escape stops what is under way, unless something nearer has a use for it. */
function useEscape(active: boolean, stop: () => void): void {
  useEffect(() => {
    if (!active) return;
    const keyDown = (event: KeyboardEvent) => {
      if (
        event.key === 'Escape' &&
        !event.defaultPrevented &&
        document.querySelector('dialog[open]') === null
      )
        stop();
    };
    document.addEventListener('keydown', keyDown);
    return () => document.removeEventListener('keydown', keyDown);
  }, [active, stop]);
}
