/** @file The chat format of a stage: refused where it makes no sense, else told before the first step. */
import { UsageError } from '../../errors.ts';
import { readConfig } from '../../models/index.ts';
import type { FindInput, Watcher } from '../../run/stage.ts';
import {
  type ChatFinding,
  inspectChatFormat,
  type PromptTemplate,
  Tokenizer,
  UNREAD_SWITCH,
} from '../../text/index.ts';

/** What a stage says of its format. */
export interface FormatSettings {
  /** Name of the stage. */
  readonly name: string;
  /** The checkpoint as the recipe names it. */
  readonly model: string;
  readonly template: PromptTemplate;
  readonly thinking?: boolean | undefined;
}

/**
 * Refuses a format that cannot be trained with. A checkpoint that is not there yet is not looked at.
 * @throws UsageError naming stage, fault and remedy
 */
export function requireChatFormat(settings: FormatSettings, find: FindInput): void {
  refuse(settings, find, ({ weight }) => weight === 'error');
}

/**
 * Refuses `thinking` where the prompt format has no switch for it; a stage that only samples has no other demand.
 * @throws UsageError naming stage, fault and remedy
 */
export function requireThinkingSwitch(settings: FormatSettings, find: FindInput): void {
  refuse(settings, find, ({ id }) => id === UNREAD_SWITCH);
}

function refuse(settings: FormatSettings, find: FindInput, isFault: (finding: ChatFinding) => boolean): void {
  const checkpoint = find(settings.model);
  if (checkpoint === null) return;
  const fault = findings(settings, checkpoint).find(isFault);
  if (fault !== undefined) throw new UsageError(`${settings.name}: ${fault.text}`, fault.remedy);
}

/** Tells what is unusual in a format. */
export function reportChatFormat(settings: FormatSettings, checkpoint: string, watcher: Watcher): void {
  for (const { weight, id, text, remedy } of findings(settings, checkpoint)) {
    if (weight === 'note') watcher.note(`${text}. ${remedy}`);
    else watcher.warn(id, `${text}. ${remedy}`);
  }
}

function findings({ template, thinking }: FormatSettings, checkpoint: string): ChatFinding[] {
  const { vocabSize } = readConfig(checkpoint);
  return inspectChatFormat(Tokenizer.load(checkpoint), { template, thinking, vocabSize });
}
