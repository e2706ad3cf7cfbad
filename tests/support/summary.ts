/** @file The end of a run of the tests: how many passed, failed and were not run, and the names of the last. */
import type { Reporter, TestModule } from 'vitest/node';

/** Tests of one suite that were not run, under the suite's name or, outside of one, under the test's own. */
interface NotRun {
  readonly file: string;
  readonly name: string;
  readonly count: number;
}

/** A reporter for vitest: `vitest run --reporter=default --reporter=tests/support/summary.ts`. */
export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    process.stdout.write(summaryOf(modules));
  }
}

/** The lines of the summary. */
export function summaryOf(modules: readonly Pick<TestModule, 'children' | 'relativeModuleId'>[]): string {
  const count = (state: 'passed' | 'failed' | 'skipped'): number =>
    modules.reduce((sum, { children }) => sum + [...children.allTests(state)].length, 0);
  const notRun = modules.flatMap(notRunOf);
  const lines = notRun.map(({ file, name, count: tests }) => `  ${file}: ${name}, ${tests}`);
  const skipped = count('skipped');
  const counts = `${count('passed')} passed, ${count('failed')} failed, ${skipped} not run`;
  return `\n${[`${counts}${skipped > 0 ? ':' : ''}`, ...lines].join('\n')}\n`;
}

function notRunOf({ children, relativeModuleId: file }: Parameters<typeof summaryOf>[0][number]): NotRun[] {
  const counts = new Map<string, number>();
  for (const test of children.allTests('skipped')) {
    // A suite that says why names all its tests; else each test is named.
    const [suite] = test.fullName.split(' > ');
    const named = suite!.includes('(not run: ') ? suite! : test.fullName;
    const name = named.replaceAll(/\s+/gu, ' ');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ file, name, count }));
}
