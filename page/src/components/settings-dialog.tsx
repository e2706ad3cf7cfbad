/** @file The settings: checked when they are saved, with the reason at each that has no effect in the server's era. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type SettingName, settingsOf } from '../eras.ts';
import { checkForm, NUMBER_FIELDS, type Settings, type SettingsForm, toForm } from '../settings.ts';

export interface SettingsDialogProps {
  readonly settings: Settings;
  readonly apiKey: string;
  readonly era: string;
  /** The field to begin at. */
  readonly focus: 'first' | 'key';
  readonly save: (settings: Settings, apiKey: string) => void;
  readonly close: () => void;
}

const LABELS: { readonly [name in SettingName]: { readonly label: string; readonly hint: string } } = {
  temperature: { label: 'Temperature', hint: '0 to 2; 0 is greedy. Empty: 0.6.' },
  topP: { label: 'Top-p', hint: 'Above 0, up to 1. Empty: 0.95.' },
  maxTokens: { label: 'Max tokens', hint: 'Empty: what the context holds.' },
  thinkingBudget: {
    label: 'Thinking budget',
    hint: 'Tokens after which the thought is closed and the model answers. Empty: none.',
  },
  seed: {
    label: 'Seed',
    hint: 'The same seed gives the same reply, also when regenerated. Empty: another each time.',
  },
};

export function SettingsDialog({ settings, apiKey, era, focus, save, close }: SettingsDialogProps) {
  const [form, setForm] = useState(() => toForm(settings));
  const [key, setKey] = useState(apiKey);
  const [errors, setErrors] = useState<{ readonly [name in SettingName]?: string }>({});
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current!.showModal();
    if (focus === 'key') dialog.current!.querySelector<HTMLInputElement>('#setting-key')!.focus();
  }, [focus]);
  const set = (name: keyof SettingsForm, value: string) =>
    setForm((before) => ({ ...before, [name]: value }));
  const submit = (event: Event) => {
    event.preventDefault();
    const checked = checkForm(form, era);
    if (checked.ok) {
      save(checked.settings, key.trim());
      dialog.current!.close();
      return;
    }
    setErrors(checked.errors);
    const wrong = NUMBER_FIELDS.find(({ name }) => checked.errors[name] !== undefined)!;
    dialog.current!.querySelector<HTMLInputElement>(`#setting-${wrong.name}`)!.focus();
  };
  return (
    <dialog ref={dialog} class="settings" aria-labelledby="settings-title" onClose={close}>
      <form noValidate onSubmit={submit}>
        <h2 id="settings-title">Settings</h2>
        {era !== 'open' && <p class="hint">The server speaks the API of the era “{era}”.</p>}
        <div class="grid">
          {NUMBER_FIELDS.map(({ name }) => (
            <NumberSetting
              key={name}
              name={name}
              value={form[name]}
              era={era}
              error={errors[name]}
              change={(value) => set(name, value)}
            />
          ))}
        </div>
        <Field id="setting-system" label="System prompt" hint="Sent before the conversation. Empty: none.">
          <textarea
            id="setting-system"
            rows={3}
            aria-describedby="setting-system-hint"
            value={form.system}
            onInput={(event) => set('system', event.currentTarget.value)}
          />
        </Field>
        <Field
          id="setting-panel"
          label="Thinking panel"
          hint="A panel you open or fold yourself stays as you left it."
        >
          <select
            id="setting-panel"
            aria-describedby="setting-panel-hint"
            value={form.panel}
            onChange={(event) => set('panel', event.currentTarget.value)}
          >
            <option value="while-thinking">Open while the model thinks</option>
            <option value="always">Keep open</option>
            <option value="never">Keep folded</option>
          </select>
        </Field>
        <Field
          id="setting-key"
          label="API key"
          hint="Kept until this tab is closed, and sent to this server only."
        >
          <input
            id="setting-key"
            type="password"
            autoComplete="off"
            spellcheck={false}
            aria-describedby="setting-key-hint"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </Field>
        <p class="actions">
          <button type="submit" class="primary">
            Save
          </button>
          <button type="button" onClick={() => dialog.current!.close()}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}

interface NumberSettingProps {
  readonly name: SettingName;
  readonly value: string;
  readonly era: string;
  readonly error: string | undefined;
  readonly change: (value: string) => void;
}

function NumberSetting({ name, value, era, error, change }: NumberSettingProps) {
  const { maxTokens, without } = settingsOf(era);
  const { hint, label } = LABELS[name];
  const reason = without[name];
  const id = `setting-${name}`;
  const text = reason ?? (name === 'maxTokens' ? `${maxTokens} ${hint}` : hint);
  return (
    <Field id={id} label={label} hint={text} error={error}>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        autoComplete="off"
        // Not `disabled`: the reason must be within reach of the keyboard.
        readOnly={reason !== undefined}
        aria-disabled={reason !== undefined}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </Field>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly error?: string | undefined;
  readonly children: preact.ComponentChildren;
}

function Field({ id, label, hint, error, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      <small id={`${id}-hint`} class={error === undefined ? 'hint' : 'error'}>
        {error ?? hint}
      </small>
    </div>
  );
}
