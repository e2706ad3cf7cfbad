/** @file Body of `POST /v1/chat/completions`. */
import type { Turn } from './conversation.ts';
import { type SettingName, settingsOf } from './eras.ts';
import type { Settings } from './settings.ts';

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatBody {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: true;
  readonly stream_options: { readonly include_usage: true };
  readonly temperature?: number;
  readonly top_p?: number;
  readonly max_tokens?: number;
  readonly max_thinking_tokens?: number;
  readonly thinking?: { readonly type: 'enabled'; readonly budget_tokens: number };
  readonly seed?: number;
}

const FIELDS = {
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_tokens',
  thinkingBudget: 'max_thinking_tokens',
  seed: 'seed',
} as const satisfies { [name in SettingName]: keyof ChatBody };

/**
 * @param earlier - the turns before the question. Each model is shown its own answers, never its thoughts; a turn that
 *   it has not answered is left out.
 */
export function chatBody(
  model: string,
  question: string,
  earlier: readonly Turn[],
  settings: Settings,
  era: string,
): ChatBody {
  const history = earlier.flatMap((turn): Message[] => {
    const answer = turn.replies[model]?.content ?? '';
    if (answer === '') return [];
    return [
      { role: 'user', content: turn.question },
      { role: 'assistant', content: answer },
    ];
  });
  const system: Message[] = settings.system === '' ? [] : [{ role: 'system', content: settings.system }];
  const { budget, without } = settingsOf(era);
  const set = Object.entries(FIELDS).flatMap(([name, field]): [keyof ChatBody, unknown][] => {
    const value = settings[name as SettingName];
    if (value === null || without[name as SettingName] !== undefined) return [];
    const inThinking = name === 'thinkingBudget' && budget === 'thinking';
    return [inThinking ? [budget, { type: 'enabled', budget_tokens: value }] : [field, value]];
  });
  return {
    model,
    messages: [...system, ...history, { role: 'user', content: question }],
    stream: true,
    stream_options: { include_usage: true },
    ...Object.fromEntries(set),
  };
}
