import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { programName, shellCommand } from './shell.ts';

it('quotes what a shell would read otherwise', () => {
  const args = ['printf', '%s\\n', "it's", 'a b', '$HOME', '*', 'a=[{"b":1}]', ''];
  const printed = execFileSync('sh', ['-c', shellCommand(args)], { encoding: 'utf8' });
  expect(printed.split('\n').slice(0, -1)).toEqual(args.slice(2));
  expect(shellCommand(['aha', 'run', 'x.ts', '--set', 'a.b=1'])).toBe('aha run x.ts --set a.b=1');
});

it('calls the program by a path that leads to it', () => {
  expect(existsSync(programName())).toBe(true);
});
