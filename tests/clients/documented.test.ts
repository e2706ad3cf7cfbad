/** The examples of docs/clients.md, run as they stand there but for the address and the key. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FOUR } from '../../src/serving/http/testing.ts';
import { requirement } from '../support/requirement.ts';
import { PYTHON, python } from './python/interpreter.ts';
import { ANSWER, KEY, REASONING, saying, serve, WEATHER_ROUNDS } from './support.ts';

const root = path.join(import.meta.dirname, '..', '..');
// Beside the packages the examples import.
const cache = path.join(root, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const dir = mkdtempSync(path.join(cache, 'aha-examples-'));

const page = readFileSync(path.join(root, 'docs', 'clients.md'), 'utf8');
const examples = [...page.matchAll(/^```(js|python)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
  language: language!,
  code: code!,
}));

/** Runs a program and gives the lines it prints. */
async function run(k: number, url: string): Promise<string[]> {
  const { language, code } = examples[k]!;
  const file = path.join(dir, `example-${k}.${language === 'js' ? 'mjs' : 'py'}`);
  writeFileSync(
    file,
    code.replaceAll('http://127.0.0.1:8000', url).replaceAll(/(['"])none\1/g, `$1${KEY}$1`),
  );
  if (language === 'python') return (await python(file, {})).trim().split('\n');
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import(/* @vite-ignore */ pathToFileURL(file).href);
  return log.mock.calls.map(([line]) => String(line));
}

afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

const TWICE = [REASONING, ANSWER, REASONING, ANSWER];
const EXPECTED = [
  { what: 'openai', language: 'js', replies: [FOUR], lines: TWICE },
  { what: 'openai, a tool', language: 'js', replies: WEATHER_ROUNDS, lines: ['It is 18 °C.'] },
  { what: 'openai', language: 'python', replies: [FOUR], lines: TWICE },
  { what: '@ai-sdk/deepseek', language: 'js', replies: [FOUR], lines: TWICE },
  {
    what: '@ai-sdk/openai-compatible',
    language: 'js',
    replies: [FOUR, saying('{"sum": 4}')],
    lines: [REASONING, ANSWER, '4'],
  },
  { what: '@langchain/deepseek', language: 'js', replies: [FOUR], lines: TWICE },
] as const;

describe('the examples of docs/clients.md', () => {
  it('are these', () => {
    expect(examples.map(({ language }) => language)).toEqual(EXPECTED.map(({ language }) => language));
  });

  for (const [k, { what, language, replies, lines }] of EXPECTED.entries()) {
    const { missing, note } = language === 'python' ? PYTHON : requirement(null);
    it.skipIf(missing)(`${what} (${language})${note}`, async () => {
      await using server = await serve(replies);
      expect(await run(k, server.url)).toEqual(lines);
    });
  }
});
