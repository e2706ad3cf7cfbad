/** @file The conversation as a JSON file to keep. The API key is no part of it. */
import type { Conversation } from './conversation.ts';
import type { Settings } from './settings.ts';

export function exportConversation({ turns }: Conversation, settings: Settings, version: string): void {
  const content = { program: 'aha', version, exported: new Date().toISOString(), settings, turns };
  const file = new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `aha-${content.exported.slice(0, 19).replaceAll(':', '-')}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
