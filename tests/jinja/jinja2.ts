/** @file Python's Jinja2, where this machine has it. `AHA_TEST_PYTHON` names another interpreter than python3. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const python = process.env.AHA_TEST_PYTHON ?? 'python3';
const script = path.resolve(import.meta.dirname, 'render.py');

/** The clock of the recordings, in local time. render.py has the same. */
export const NOW = new Date(2024, 11, 9, 15, 4, 5);

/** The version of Jinja2; null where there is none. */
export const jinja2 = versionOf(
  spawnSync(python, ['-c', 'import jinja2; print(jinja2.__version__)'], { encoding: 'utf8' }),
);

function versionOf(result: { readonly status: number | null; readonly stdout: string }): string | null {
  return result.status === 0 ? result.stdout.trim() : null;
}

export interface Case {
  readonly source: string;
  readonly variables: { readonly [name: string]: unknown };
}

interface Outputs {
  readonly versions: { readonly python: string; readonly jinja2: string };
  readonly outputs: readonly (string | null)[];
}

/** The texts of the templates, null where Jinja2 raises an error, and the versions that made them. */
export function recordWithJinja2(cases: readonly Case[]): Outputs {
  const result = spawnSync(python, [script], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) throw new Error(`render.py failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as Outputs;
}

/** The texts of the templates; null where Jinja2 raises an error. */
export function renderWithJinja2(cases: readonly Case[]): readonly (string | null)[] {
  return recordWithJinja2(cases).outputs;
}
