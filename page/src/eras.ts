/**
 * @file Settings that have an effect in the server's era, and why the others have none. The eras are those of
 * DeepSeek's reasoning API; the server names its own in /server.json.
 */

export type SettingName = 'temperature' | 'topP' | 'maxTokens' | 'thinkingBudget' | 'seed';

interface EraSettings {
  /** The field that a thinking budget goes in: one of its own, or `thinking.budget_tokens`. */
  readonly budget: 'max_thinking_tokens' | 'thinking';
  readonly without: { readonly [setting in SettingName]?: string };
  /** What `max_tokens` counts, for the form. */
  readonly maxTokens: string;
  readonly maxTokensLimit: number | null;
}

const TOTAL = 'Thought and answer together.';
const FIXED = 'No effect: the server samples with temperature 0.6 and top-p 0.95 in this era.';
const NO_BUDGET = 'No effect: this era has no thinking budget.';

const OPEN: EraSettings = {
  budget: 'max_thinking_tokens',
  without: {},
  maxTokens: TOTAL,
  maxTokensLimit: null,
};

const ERAS: { readonly [era: string]: EraSettings } = {
  r1: {
    budget: 'max_thinking_tokens',
    without: { temperature: FIXED, topP: FIXED, thinkingBudget: NO_BUDGET },
    maxTokens: 'Of the answer alone; the thought may have 32,768 more.',
    maxTokensLimit: 8192,
  },
  'r1-0528': {
    budget: 'max_thinking_tokens',
    without: { temperature: FIXED, topP: FIXED, thinkingBudget: NO_BUDGET },
    maxTokens: TOTAL,
    maxTokensLimit: 65_536,
  },
  thinking: {
    budget: 'thinking',
    without: {
      temperature: 'No effect while the model thinks: the server samples with temperature 0.6 in this era.',
    },
    maxTokens: TOTAL,
    maxTokensLimit: null,
  },
  open: OPEN,
};

/** An era this page does not know is taken for `open`: the server says what it refuses. */
export function settingsOf(era: string): EraSettings {
  return Object.hasOwn(ERAS, era) ? ERAS[era]! : OPEN;
}
