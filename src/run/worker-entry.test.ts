import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { workerEntry } from './worker-entry.ts';

it('names the source and a loader here, and the compiled file where it is compiled', () => {
  const here = workerEntry('load-script', import.meta.url);
  expect(existsSync(fileURLToPath(here.filename))).toBe(true);
  expect(here.execArgv[0]).toBe('--import');
  expect(existsSync(fileURLToPath(here.execArgv[1]!))).toBe(true);
  expect(workerEntry('w', 'file:///p/dist/sandbox/x.js')).toEqual({
    filename: 'file:///p/dist/sandbox/w.js',
    execArgv: [],
  });
});
