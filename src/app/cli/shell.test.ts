import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { programCommand, shellCommand } from './shell.ts';

it('quotes what a shell would read otherwise', () => {
  const args = ['printf', '%s\\n', "it's", 'a b', '$HOME', '*', 'a=[{"b":1}]', ''];
  const printed = execFileSync('sh', ['-c', shellCommand(args)], { encoding: 'utf8' });
  expect(printed.split('\n').slice(0, -1)).toEqual(args.slice(2));
  expect(shellCommand(['aha', 'run', 'x.ts', '--set', 'a.b=1'])).toBe('aha run x.ts --set a.b=1');
});

it('calls this program as it is called here', () => {
  expect(programCommand(['run', 'a b'])).toBe("./bin/aha run 'a b'");
});
