import { describe, expect, it } from 'vitest';
import { COMMANDS, continued, helpText, readTyped } from './input.ts';

describe('readTyped', () => {
  it.each([
    ['', { type: 'nothing' }],
    ['  \t', { type: 'nothing' }],
    [' what is 2 + 3? ', { type: 'message', text: 'what is 2 + 3?' }],
    [' /etc is what?', { type: 'message', text: '/etc is what?' }],
    ['/etc\nis what?', { type: 'message', text: '/etc\nis what?' }],
    ['/quit', { type: 'command', name: 'quit', argument: '' }],
    ['/quit  ', { type: 'command', name: 'quit', argument: '' }],
    ['/set', { type: 'command', name: 'set', argument: '' }],
    ['/set  system  Be  brief. ', { type: 'command', name: 'set', argument: 'system  Be  brief.' }],
    ['/save my file.json', { type: 'command', name: 'save', argument: 'my file.json' }],
  ])('%j', (text, expected) => {
    expect(readTyped(text)).toEqual(expected);
  });

  it('says what is no command, and how to send it all the same', () => {
    expect(readTyped('/exit')).toMatchObject({ message: expect.stringMatching(/\/exit.*\/help.*space/) });
    expect(readTyped('/')).toMatchObject({ type: 'problem' });
    expect(readTyped('/Quit')).toMatchObject({ type: 'problem' });
    expect(readTyped('/new one')).toMatchObject({ message: '/new takes nothing behind it.' });
  });
});

describe('continued', () => {
  it.each([
    ['one \\', 'one '],
    ['\\', ''],
    ['a row \\\\', null],
    ['a row \\\\\\', 'a row \\\\'],
    ['no', null],
  ])('%j', (line, expected) => {
    expect(continued(line)).toBe(expected);
  });
});

it('helps with every command', () => {
  for (const { name } of COMMANDS) expect(helpText()).toContain(`/${name}`);
});
