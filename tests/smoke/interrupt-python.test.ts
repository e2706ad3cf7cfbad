/** `aha run` interrupted twice while Python programs are being scored: none of them outlives it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeJudge } from '../../src/grading/judge/testing.ts';
import { PYTHON_SKIPPED } from '../support/python-sandbox.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'aha-interrupt-python-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A process, told from a later one of the same id by when it was started. */
interface Running {
  readonly id: string;
  readonly parent: number;
  readonly pid: number;
  readonly name: string;
}

function processes(): Running[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      const [, command, rest] = /\((.*)\) (.*)/su.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))!;
      const [state, parent, ...fields] = rest!.split(' ');
      if (state === 'Z') return [];
      return [{ id: `${name} ${fields[17]}`, pid: Number(name), parent: Number(parent), name: command! }];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}

/** The sandboxes, and the programs in them, that a process started. */
function sandboxesOf(pid: number): Running[] {
  const all = processes();
  const below = (parents: readonly number[]): Running[] => {
    const children = all.filter(({ parent }) => parents.includes(parent));
    return children.length === 0 ? [] : [...children, ...below(children.map((child) => child.pid))];
  };
  return below([pid]).filter(({ name }) => /^(?:bwrap|python)/u.test(name));
}

/** A run that scores `program` against `tests` without end. */
function recipeOf(name: string, url: string, tests: unknown): string {
  const data = path.join(root, `${name}.jsonl`);
  writeFileSync(data, `${JSON.stringify({ prompt: 'Write it.', tests })}\n`);
  const recipe = path.join(root, `${name}.json`);
  const stage = {
    stage: 'reject',
    name: 'scored',
    endpoint: { baseUrl: url, model: 'm', stream: false, retries: 0 },
    prompts: [{ task: 'file', path: data }],
    samples: 4,
    rewards: { code: { testsField: 'tests', timeMs: 600_000 } },
  };
  writeFileSync(recipe, JSON.stringify({ name, device: 'cpu', stages: [stage] }));
  return recipe;
}

const CASES = [
  ['sleeps', 'import time\nwhile True: time.sleep(1000)', [{ stdin: '', stdout: '' }]],
  [
    'computes and ignores signals',
    'import signal\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass',
    [{ stdin: '', stdout: '' }],
  ],
  ['is called by test code', 'def f():\n  while True: pass', ['f()']],
] as const;

const TITLE = `two interrupts while code is scored${PYTHON_SKIPPED}`;
describe.skipIf(PYTHON_SKIPPED !== '')(TITLE, { timeout: 120_000 }, () => {
  it.each(CASES)('end a program that %s', async (what, program, tests) => {
    await using model = await fakeJudge(() => `\`\`\`python\n${program}\n\`\`\``);
    const name = what.replaceAll(' ', '-');
    const recipe = recipeOf(name, model.url, tests);
    const command = ['--import', 'tsx', ENTRY, 'run', recipe, '--out', path.join(root, name), '--json'];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
    using _ = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
    let err = '';
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    const before = await lastingSandboxes(child);
    expect([err, before.length > 2]).toEqual(['', true]);
    child.kill('SIGINT');
    await setTimeout(500);
    // The first waits for the scores.
    expect(child.exitCode).toBe(null);
    const last = new Set([...before, ...sandboxesOf(child.pid!)].map(({ id }) => id));
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(err).toContain('interrupted twice; ended at once');
    const left = () => processes().filter(({ id }) => last.has(id));
    for (let tries = 0; tries < 100 && left().length > 0; tries++) await setTimeout(20);
    expect(left()).toEqual([]);
  });
});

/** The sandboxes that stay, each with a program: those that try out what the machine offers end at once. */
async function lastingSandboxes(child: ChildProcess): Promise<Running[]> {
  for (;;) {
    const some = new Set(sandboxesOf(child.pid!).map(({ id }) => id));
    await setTimeout(700);
    const stayed = sandboxesOf(child.pid!).filter(({ id }) => some.has(id));
    const names = new Set(stayed.map(({ name }) => name.replace(/3.*/u, '')));
    if (names.size === 2 || child.exitCode !== null) return stayed;
  }
}
