import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/eventually.ts';
import { chatPainter } from './palette.ts';
import type { ChatReply } from './reply.ts';
import { ReplyView } from './reply-view.ts';
import { Screen } from './screen.ts';
import { FakeTerminal } from './testing.ts';

const REPLY: ChatReply = {
  model: 'tiny',
  reasoning: '',
  content: '',
  end: null,
  promptTokens: 1,
  cachedTokens: 0,
  completionTokens: 20,
  reasoningTokens: 12,
  thoughtSeconds: null,
  seconds: 4,
};
const THOUGHT = { ...REPLY, thoughtSeconds: 3.2 };

function open({ folded = false, redraws = true, colours = false } = {}) {
  const terminal = new FakeTerminal();
  const time = { now: 0 };
  const screen = new Screen(terminal.stdout, chatPainter(colours), redraws);
  const view = new ReplyView({ screen, folded, clock: () => time.now });
  return { terminal, view, time };
}

describe('ReplyView', () => {
  it('shows the thought with its time, then the answer', async () => {
    const { terminal, view, time } = open();
    expect(terminal.rows).toEqual(['waiting… 0.0 s']);
    view.take({ reasoning: '\n', content: '' }, REPLY);
    view.take({ reasoning: 'hm, 2 and 2\nis', content: '' }, REPLY);
    time.now = 1.5;
    await eventually(() =>
      expect(terminal.rows).toEqual(['thinking…', 'hm, 2 and 2', 'is', '1.5 s · 12 tokens']),
    );
    view.take({ reasoning: ' four', content: '\n\n# Fo' }, THOUGHT);
    view.take({ reasoning: '', content: 'ur' }, THOUGHT);
    view.end({ ...THOUGHT, end: 'stop' });
    expect(terminal.rows).toEqual([
      'thinking…',
      'hm, 2 and 2',
      'is four',
      'thought for 3.2 s · 12 tokens',
      '# Four',
      '20 tokens · 5.0 tokens/s',
    ]);
  });

  it('shows time and tokens only when folded', async () => {
    const { terminal, view, time } = open({ folded: true });
    view.take({ reasoning: 'secret', content: '' }, REPLY);
    time.now = 0.7;
    await eventually(() => expect(terminal.rows).toEqual(['thinking… 0.7 s · 12 tokens']));
    view.take({ reasoning: '', content: 'Four' }, THOUGHT);
    view.end({ ...THOUGHT, end: 'length' });
    expect(terminal.rows).toEqual([
      'thought for 3.2 s · 12 tokens',
      'Four',
      // The row ends after 40 columns.
      '20 tokens · 5.0 tokens/s · cut at the li',
      'mit',
    ]);
    expect(terminal.text).not.toContain('secret');
  });

  it('ends a thought that was stopped', () => {
    const { terminal, view } = open();
    view.take({ reasoning: 'hm', content: '' }, REPLY);
    view.end({ ...THOUGHT, end: 'stopped' });
    expect(terminal.rows.slice(1)).toEqual([
      'hm',
      'thought for 3.2 s · 12 tokens',
      '20 tokens · 5.0 tokens/s · stopped',
    ]);
  });

  it('shows no thought where there is none', () => {
    const { terminal, view } = open();
    view.take({ reasoning: '', content: 'Four' }, REPLY);
    view.end({ ...REPLY, end: 'stop' });
    expect(terminal.rows).toEqual(['Four', '20 tokens · 5.0 tokens/s']);
  });

  it('works where lines cannot be redrawn', () => {
    const { terminal, view } = open({ redraws: false });
    view.take({ reasoning: 'hm\n', content: '' }, REPLY);
    view.take({ reasoning: '', content: 'Four' }, THOUGHT);
    view.end({ ...THOUGHT, end: 'stop' });
    expect(terminal.text).toBe(
      'thinking…\nhm\nthought for 3.2 s · 12 tokens\nFour\n20 tokens · 5.0 tokens/s\n',
    );
  });

  it('makes control sequences harmless, in thought and answer', () => {
    const { terminal, view } = open();
    view.take({ reasoning: 'a\u001b[2Jb\u0007', content: '' }, REPLY);
    view.take({ reasoning: '', content: 'c\u001b]0;title\u0007d\u009b31m' }, THOUGHT);
    view.end({ ...THOUGHT, end: 'stop' });
    expect(terminal.rows.slice(1, 2)).toEqual(['a[2Jb']);
    expect(terminal.rows[3]).toBe('c]0;titled31m');
    expect(terminal.text).not.toContain('\u001b[2J');
  });

  it('colours', () => {
    const { terminal, view } = open({ colours: true });
    view.take({ reasoning: 'hm', content: '' }, REPLY);
    view.take({ reasoning: '', content: 'so **4**' }, THOUGHT);
    view.end({ ...THOUGHT, end: 'stop' });
    expect(terminal.text).toContain('\u001b[2mhm\u001b[22m');
    expect(terminal.text).toContain('so \u001b[1m**4**\u001b[22m');
  });
});
