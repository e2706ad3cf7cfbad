import { describe, expect, it } from 'vitest';
import { chatPainter } from './palette.ts';
import { Screen } from './screen.ts';
import { FakeTerminal } from './testing.ts';

function open(redraws = true) {
  const terminal = new FakeTerminal();
  return { terminal, screen: new Screen(terminal.stdout, chatPainter(true), redraws) };
}

describe('Screen', () => {
  it('draws the live line over, and takes it away before what stays', () => {
    const { terminal, screen } = open();
    screen.live('1 s');
    screen.live('2 s');
    expect(terminal.rows).toEqual(['2 s']);
    screen.write('stays');
    expect(terminal.rows).toEqual(['stays']);
    screen.live('3 s');
    expect(terminal.rows).toEqual(['stays', '3 s']);
    screen.print('a line');
    expect(terminal.rows).toEqual(['stays', 'a line']);
  });

  it('lets quiet text grow above the live line, row by row', () => {
    const { terminal, screen } = open();
    terminal.stdout.columns = 13;
    screen.live('0 s');
    const text = 'one two three four five\n\nsix 想一想想一想想';
    for (const one of text) screen.quiet(one);
    expect(terminal.rows).toEqual(['one two', 'three four', 'five', '', 'six', '想一想想一想', '想', '0 s']);
    screen.live('1 s, which is a longer line than the terminal');
    expect(terminal.rows.at(-1)).toBe('1 s, which …');
    screen.print('done');
    expect(terminal.rows.slice(-2)).toEqual(['想', 'done']);
  });

  it('writes only what stays where lines cannot be redrawn', () => {
    const { terminal, screen } = open(false);
    screen.live('1 s');
    screen.quiet('a thou');
    screen.quiet('ght');
    screen.print('done');
    expect(terminal.rows).toEqual(['a thought', 'done']);
    expect(terminal.text).not.toContain('\r');
  });

  it('takes a terminal that tells no columns', () => {
    const { terminal, screen } = open();
    terminal.stdout.columns = 0;
    screen.live('x'.repeat(100));
    expect(terminal.text).toContain(`${'x'.repeat(78)}…`);
  });
});
