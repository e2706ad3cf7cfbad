import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../../errors.ts';
import { describeFailure, ToldError } from './errors.ts';
import { Interrupted } from './interrupt.ts';

describe('describeFailure', () => {
  it.each([
    [new UserError('a is wrong', 'Do b.'), 1, 'aha: a is wrong\n  Do b.\n'],
    [new UsageError('a is wrong', 'Do b.'), 2, 'aha: a is wrong\n  Do b.\n'],
    [new Interrupted('Go on.'), 130, 'aha: interrupted; what was finished is saved\n  Go on.\n'],
    [
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"),
      2,
      "aha: unknown option '--x'\n",
    ],
    [new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0, null],
    [new ToldError(3), 3, null],
    ['thrown', 1, 'aha: thrown\n'],
  ])('%s', (error, exitCode, text) => expect(describeFailure(error, false)).toEqual({ exitCode, text }));

  it.each([
    ['ENOSPC', 'write', undefined, 'aha: no space is left on the device (ENOSPC, write)\n  Free some'],
    ['EISDIR', 'rename', '/run/x', 'aha: /run/x: a directory stands where a file belongs (EISDIR, rename)\n'],
    ['EROFS', 'open', '/run/x', 'aha: /run/x: the file system is read-only (EROFS, open)\n'],
    ['ENOENT', 'rename', '/run/y', 'aha: /run/y: no such file or directory (ENOENT, rename)\n'],
  ])('says in words that the machine refused: %s', (code, syscall, path, text) => {
    const error = Object.assign(new Error(code), { code, syscall, path });
    const failure = describeFailure(error, false);
    expect(failure.exitCode).toBe(1);
    expect(failure.text).toContain(text);
    expect(failure.text).not.toMatch(/\n\s+at /);
  });

  it('shows the stack of a defect, and only of a defect', () => {
    const { exitCode, text } = describeFailure(new TypeError('x is undefined'), false);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^aha: TypeError: x is undefined\n\s+at /);
  });

  it('is one line of JSON when asked', () => {
    const { text } = describeFailure(new UserError('a', 'b'), true);
    expect(text).toBe('{"error":{"message":"a\\n  b"}}\n');
  });
});
