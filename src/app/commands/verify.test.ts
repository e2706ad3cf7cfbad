import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeEngines } from '../../grading/verify/index.ts';
import { aha } from '../cli/testing.ts';

const directory = mkdtempSync(join(tmpdir(), 'aha-verify-'));
afterAll(() => {
  closeEngines();
  rmSync(directory, { recursive: true });
});

function file(...lines: string[]): string {
  const path = join(directory, 'pairs.jsonl');
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe('aha verify', () => {
  it.each([
    [['1/2', 'So the answer is \\boxed{0.5}.'], 'true\n'],
    [['1/2', '2'], 'false\n'],
    [['', '2'], 'null\n'],
    [['-5', '-5'], 'true\n'],
    [['-\\frac{1}{2}', '-0.5', '--json'], '{"verdict":true}\n'],
    [['--json', '???', '1'], '{"verdict":null}\n'],
  ])('%j prints %j', async (args, stdout) => {
    expect(await aha('verify', ...args)).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('gives one verdict a line, in order, the slow ones too', async () => {
    const path = file(
      '{"reference": "\\\\sum_{k=1}^{10} k", "response": "55"}',
      '',
      '{"reference": "3", "response": "4", "note": "other fields do not matter"}',
      '{"reference": "}", "response": "4"}',
    );
    const { code, stdout } = await aha('verify', '--jsonl', path);
    expect(code).toBe(0);
    expect(stdout).toBe('{"verdict":true}\n{"verdict":false}\n{"verdict":null}\n');
  });

  it.each([
    ['{"reference": "1"', ':2: not JSON'],
    ['{"reference": "1"}', ':2: "response" is not a text'],
    ['{"reference": 1, "response": "1"}', ':2: "reference" is not a text'],
    ['[]', ':2: "reference" is not a text'],
    ['null', ':2: "reference" is not a text'],
  ])('names the line of %j and gives no verdict', async (bad, message) => {
    const path = file('{"reference": "1", "response": "1"}', bad);
    const { code, stdout, stderr } = await aha('verify', '--jsonl', path);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(path + message);
  });

  it.each([
    [['1'], 'takes a reference and a response; 1 given'],
    [['1', '2', '3'], '3 given'],
    [['1', '2', '--jsno'], "unknown option '--jsno'"],
    [['1', '--jsonl', 'x'], 'not both'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await aha('verify', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('says which file is missing', async () => {
    const { code, stderr } = await aha('verify', '--jsonl', '/nowhere/pairs.jsonl');
    expect(code).toBe(1);
    expect(stderr).toContain('/nowhere/pairs.jsonl: no such file');
  });

  it('reads stdin, and the process ends by itself after the engine was used', () => {
    const main = new URL('../cli/main.ts', import.meta.url).href;
    const script = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(['verify', '--jsonl', '-']);`;
    const stdout = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      input: '{"reference": "55", "response": "\\\\sum_{k=1}^{10} k"}\n',
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stdout).toBe('{"verdict":true}\n');
  });
});
