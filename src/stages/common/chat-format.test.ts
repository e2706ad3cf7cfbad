import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import {
  type FormatSettings,
  reportChatFormat,
  requireChatFormat,
  requireThinkingSwitch,
} from './chat-format.ts';

/** Ends replies with a token that does not end sampling, and has no switch of thinking. */
const OTHER_END =
  "{% for m in messages %}{{ '<|im_start|>' + m.content + '</tool_call>' }}{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}";

let opening: string;
let other: string;
beforeAll(async () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'chat-format-'));
  opening = await writeByteCheckpoint(folder());
  other = await writeByteCheckpoint(folder(), { chatTemplate: OTHER_END });
});

const settings = (more: Partial<FormatSettings> = {}): FormatSettings => ({
  name: 'student',
  model: 'base',
  template: 'chat',
  ...more,
});

function told(checkpoint: string, more: Partial<FormatSettings> = {}): string[] {
  const lines: string[] = [];
  const watcher = {
    note: (text: string) => void lines.push(`note: ${text}`),
    warn: (id: string, text: string) => void lines.push(`${id}: ${text}`),
    step: () => undefined,
  };
  reportChatFormat(settings(more), checkpoint, watcher);
  return lines;
}

describe('requireChatFormat', () => {
  it('refuses a switch that the template does not read, naming stage and remedy', () => {
    expect(() => requireChatFormat(settings({ thinking: false }), () => other)).toThrow(
      /^student: thinking: the chat template has no switch for it \(enable_thinking, thinking\)\n.*Leave thinking out/,
    );
    expect(() => requireChatFormat(settings({ thinking: false }), () => opening)).not.toThrow();
  });

  it('waits for a checkpoint that an earlier stage makes', () => {
    expect(() => requireChatFormat(settings({ thinking: true }), () => null)).not.toThrow();
  });
});

describe('requireThinkingSwitch', () => {
  it('refuses that switch, and samples from a checkpoint that names no end token', async () => {
    expect(() => requireThinkingSwitch(settings({ thinking: false }), () => other)).toThrow('has no switch');
    const dir = await writeByteCheckpoint(mkdtempSync(join(tmpdir(), 'chat-format-')));
    const file = join(dir, 'tokenizer_config.json');
    const { eos_token: _, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { eos_token?: string };
    writeFileSync(file, JSON.stringify(rest));
    for (const name of ['config.json', 'generation_config.json']) {
      const keys = JSON.parse(readFileSync(join(dir, name), 'utf8')) as { eos_token_id?: unknown };
      delete keys.eos_token_id;
      writeFileSync(join(dir, name), JSON.stringify(keys));
    }
    expect(() => requireChatFormat(settings(), () => dir)).toThrow('names no end token');
    expect(() => requireThinkingSwitch(settings(), () => dir)).not.toThrow();
  });
});

describe('reportChatFormat', () => {
  it('warns of an end token that ends nothing, and of a thought that the template opens', () => {
    expect(told(other)[0]).toMatch(/^other-end-token: .*ends a reply with <\/tool_call>.*eos_token_id/);
    expect(told(opening)[0]).toMatch(/^opened-thought: .*begins inside it.*thinking: false/);
    expect(told(opening, { thinking: false }).join()).not.toContain('opened-thought');
  });

  it('says nothing where the template is another', () => {
    expect(told(other, { template: 'r1-zero' })).toEqual([]);
  });
});
