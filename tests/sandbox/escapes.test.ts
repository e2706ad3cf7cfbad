import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runTests } from '../../src/grading/sandbox/judge.ts';
import type { CodeTests, Language } from '../../src/grading/sandbox/tests.ts';
import { sampleOf } from '../support/long.ts';
import { PYTHON_SKIPPED } from '../support/python-sandbox.ts';
import { type Attack, SECRET, SHORT } from './attack.ts';
import { javascriptAttacks } from './javascript-attacks.ts';
import { pythonAttacks } from './python-attacks.ts';

const directory = mkdtempSync(join(tmpdir(), 'aha-canary-'));
const canary = join(directory, 'canary');
writeFileSync(canary, SECRET);
process.env.AHA_TEST_SECRET = SECRET;
afterAll(() => rmSync(directory, { recursive: true }));

const CONTAINED: CodeTests['tests'] = [{ stdin: '', stdout: 'contained' }];

async function attack(language: Language, { code, tests = CONTAINED, limits, verdict }: Attack) {
  const { results } = await runTests(code, { language, tests }, { limits: { timeMs: 15_000, ...limits } });
  const allowed = typeof verdict === 'string' ? [verdict] : verdict;
  for (const result of results)
    expect(allowed, `${result.verdict}: ${result.message}`).toContain(result.verdict);
  expect(readFileSync(canary, 'utf8')).toBe(SECRET);
}

/** Processes that are children of this one and were started from bubblewrap. */
function sandboxesLeft(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        return /^Name:\s+bwrap$/mu.test(status) && new RegExp(`^PPid:\\s+${process.pid}$`, 'mu').test(status);
      } catch {
        return false; // It ended meanwhile.
      }
    });
}

/** All attacks; of those that only time ends, which are slow, a few stand for the others in `npm test`. */
function selected(attacks: readonly Attack[]): Attack[] {
  const endless = attacks.filter(({ limits }) => limits === SHORT);
  const few = sampleOf(endless, 4);
  return attacks.filter((one) => !endless.includes(one) || few.includes(one));
}

describe('hostile JavaScript', () => {
  it.each(selected(javascriptAttacks(canary)))('$name: $verdict', (one) => attack('javascript', one));
});

describe.skipIf(PYTHON_SKIPPED !== '')(`hostile Python${PYTHON_SKIPPED}`, () => {
  it.each(selected(pythonAttacks(canary)))('$name: $verdict', (one) => attack('python', one));

  it('leaves no process behind', () => {
    expect(sandboxesLeft()).toEqual([]);
  });
});
