/** @file The settings a person can make, checked. A number left empty is the server's to choose. */
import { type SettingName, settingsOf } from './eras.ts';

/** When the thought is shown unasked. */
export type PanelMode = 'while-thinking' | 'always' | 'never';

export interface Settings {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxTokens: number | null;
  /** Tokens after which the thought is closed. */
  readonly thinkingBudget: number | null;
  readonly seed: number | null;
  readonly system: string;
  readonly panel: PanelMode;
}

export const DEFAULT_SETTINGS: Settings = {
  temperature: null,
  topP: null,
  maxTokens: null,
  thinkingBudget: null,
  seed: null,
  system: '',
  panel: 'while-thinking',
};

interface NumberField {
  readonly name: SettingName;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  /** What is wrong with a value that is not within the bounds. */
  readonly rule: string;
}

export const NUMBER_FIELDS: readonly NumberField[] = [
  { name: 'temperature', min: 0, max: 2, whole: false, rule: 'A number from 0 to 2.' },
  { name: 'topP', min: Number.MIN_VALUE, max: 1, whole: false, rule: 'A number above 0, up to 1.' },
  { name: 'maxTokens', min: 1, max: 10_000_000, whole: true, rule: 'A whole number from 1.' },
  { name: 'thinkingBudget', min: 0, max: 10_000_000, whole: true, rule: 'A whole number from 0.' },
  { name: 'seed', min: 0, max: 2 ** 53 - 1, whole: true, rule: 'A whole number from 0.' },
];

/** What the form holds. */
export type SettingsForm = { readonly [name in SettingName | 'system' | 'panel']: string };

export type Checked =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly errors: { readonly [name in SettingName]?: string } };

export function toForm(settings: Settings): SettingsForm {
  const text = (value: number | null) => (value === null ? '' : String(value));
  return {
    temperature: text(settings.temperature),
    topP: text(settings.topP),
    maxTokens: text(settings.maxTokens),
    thinkingBudget: text(settings.thinkingBudget),
    seed: text(settings.seed),
    system: settings.system,
    panel: settings.panel,
  };
}

/** Settings without effect in the era are taken as they are. */
export function checkForm(form: SettingsForm, era: string): Checked {
  const { maxTokensLimit, without } = settingsOf(era);
  const errors: { [name in SettingName]?: string } = {};
  const numbers = {} as { [name in SettingName]: number | null };
  for (const field of NUMBER_FIELDS) {
    const limit = field.name === 'maxTokens' ? maxTokensLimit : null;
    const value = readNumber(form[field.name], field, limit ?? field.max);
    numbers[field.name] = value === 'wrong' ? null : value;
    if (value === 'wrong' && without[field.name] === undefined) {
      errors[field.name] =
        limit === null ? field.rule : `A whole number from 1 to ${limit.toLocaleString('en')}.`;
    }
  }
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, settings: { ...numbers, system: form.system.trim(), panel: panelMode(form.panel) } };
}

function readNumber(text: string, { min, whole }: NumberField, max: number): number | null | 'wrong' {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isSafeInteger(value))
    ? value
    : 'wrong';
}

function panelMode(text: unknown): PanelMode {
  return text === 'always' || text === 'never' ? text : 'while-thinking';
}

/** Settings out of anything, such as what a browser kept; what is not valid is left at its default. */
export function readSettings(value: unknown): Settings {
  if (typeof value !== 'object' || value === null) return DEFAULT_SETTINGS;
  const kept = value as Record<string, unknown>;
  const numbers = NUMBER_FIELDS.map((field) => {
    const number = typeof kept[field.name] === 'number' ? String(kept[field.name]) : '';
    const read = readNumber(number, field, field.max);
    return [field.name, read === 'wrong' ? null : read] as const;
  });
  return {
    ...DEFAULT_SETTINGS,
    ...Object.fromEntries(numbers),
    system: typeof kept.system === 'string' ? kept.system : '',
    panel: panelMode(kept.panel),
  };
}
