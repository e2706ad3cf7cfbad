import { expect, it } from 'vitest';
import { summaryOf } from './summary.ts';

type Module = Parameters<typeof summaryOf>[0][number];

/** A module with tests in these states. */
function moduleOf(file: string, tests: Readonly<Record<string, string>>): Module {
  const allTests = (state: string) =>
    Object.entries(tests).flatMap(([fullName, own]) => (own === state ? [{ fullName }] : []));
  return { relativeModuleId: file, children: { allTests } } as unknown as Module;
}

it('names what was not run: a suite that says why once, another test by its own name', () => {
  const suite = 'Python (not run: no\n  bubblewrap)';
  const modules = [
    moduleOf('a.test.ts', { 'a > b': 'passed', [`${suite} > c`]: 'skipped', [`${suite} > d`]: 'skipped' }),
    moduleOf('b.test.ts', { 'e > f': 'failed', 'e > g (not run: no GPU)': 'skipped' }),
  ];
  expect(summaryOf(modules)).toBe(
    [
      '\n1 passed, 1 failed, 3 not run:',
      '  a.test.ts: Python (not run: no bubblewrap), 2',
      '  b.test.ts: e > g (not run: no GPU), 1',
      '',
    ].join('\n'),
  );
});

it('is one line where everything was run', () => {
  expect(summaryOf([moduleOf('a.test.ts', { a: 'passed' })])).toBe('\n1 passed, 0 failed, 0 not run\n');
});
