/** The examples of docs/clients.md, run as they stand there but for the address and the key. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FOUR } from '../../src/serving/http/testing.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { npmPackages, pythonPackages } from '../support/installed.ts';
import { type Requirement, requirement } from '../support/requirement.ts';
import { PYTHON, python } from './python/interpreter.ts';
import { serveReal } from './real-server.ts';
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

/** Programs written: a module is run once only. */
let programs = 0;

/**
 * Runs a program and gives the lines it prints.
 * @param where - a directory in which it finds its packages
 * @param interpreter - of a Python program
 */
async function run(k: number, url: string, where: string, interpreter?: string): Promise<string[]> {
  const { language, code } = examples[k]!;
  const file = path.join(
    where,
    `example-${process.pid}-${programs++}-${k}.${language === 'js' ? 'mjs' : 'py'}`,
  );
  writeFileSync(
    file,
    code.replaceAll('http://127.0.0.1:8000', url).replaceAll(/(['"])none\1/g, `$1${KEY}$1`),
  );
  if (language === 'python') return (await python(file, {}, interpreter)).trim().split('\n');
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import(/* @vite-ignore */ pathToFileURL(file).href);
  return log.mock.calls.map(([line]) => String(line));
}

/** Clients that only the long tests install. */
const AI = await npmPackages({ '@ai-sdk/openai': '3.0.141', ai: '6.0.326', zod: '4.6.7' });
const AGENTS = await npmPackages({ '@openai/agents': '0.20.0', zod: '4.6.7' });
const ANTHROPIC = await npmPackages({ '@anthropic-ai/sdk': '1.14.0' });
const LITELLM = await pythonPackages({ litellm: '1.110.2' });

/** Where an example runs; those that need nothing else run beside this project's own packages. */
interface Place extends Requirement {
  readonly dir?: string;
  readonly python?: string;
}

afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

interface Expected {
  readonly what: string;
  readonly language: string;
  readonly replies: Parameters<typeof serve>[0];
  readonly lines: readonly string[];
  readonly place?: Place;
}

const TWICE = [REASONING, ANSWER, REASONING, ANSWER];
const EXPECTED: readonly Expected[] = [
  { what: 'openai', language: 'js', replies: [FOUR], lines: TWICE },
  { what: 'openai, a tool', language: 'js', replies: WEATHER_ROUNDS, lines: ['It is 18 °C.'] },
  { what: 'openai, responses', language: 'js', replies: [FOUR], lines: TWICE },
  { what: 'openai', language: 'python', replies: [FOUR], lines: TWICE },
  { what: '@ai-sdk/deepseek', language: 'js', replies: [FOUR], lines: TWICE },
  {
    what: '@ai-sdk/openai-compatible',
    language: 'js',
    replies: [FOUR, saying('{"sum": 4}')],
    lines: [REASONING, ANSWER, '4'],
  },
  {
    what: '@ai-sdk/openai',
    language: 'js',
    replies: [...WEATHER_ROUNDS, FOUR],
    lines: ['18 it is', 'It is 18 °C.', REASONING, ANSWER],
    place: AI,
  },
  {
    what: '@openai/agents',
    language: 'js',
    replies: WEATHER_ROUNDS,
    lines: ['It is 18 °C.'],
    place: AGENTS,
  },
  { what: '@anthropic-ai/sdk', language: 'js', replies: [FOUR], lines: TWICE, place: ANTHROPIC },
  { what: 'litellm', language: 'python', replies: [FOUR], lines: [REASONING, ANSWER], place: LITELLM },
  { what: '@langchain/deepseek', language: 'js', replies: [FOUR], lines: TWICE },
];

describe('the examples of docs/clients.md', () => {
  it('are these', () => {
    expect(examples.map(({ language }) => language)).toEqual(EXPECTED.map(({ language }) => language));
  });

  for (const [k, { what, language, replies, lines, place }] of EXPECTED.entries()) {
    const { missing, note } = place ?? (language === 'python' ? PYTHON : requirement(null));
    it.skipIf(missing)(`${what} (${language})${note}`, async () => {
      await using server = await serve(replies);
      expect(await run(k, server.url, place?.dir ?? dir, place?.python)).toEqual(lines);
    });
  }
});

describe('the example with a schema', () => {
  it('gets what fits from a model of random weights', async () => {
    const real = await serveReal(
      await writeByteCheckpoint(dir, { config: { max_position_embeddings: 256 } }),
    );
    const k = EXPECTED.findIndex(({ what }) => what === '@ai-sdk/openai-compatible');
    try {
      const [, , sum, ...more] = await run(k, real.url, dir);
      expect(sum).toMatch(/^-?\d+$/);
      expect(more).toEqual([]);
      expect(real.errors).toEqual([]);
    } finally {
      await real.close();
    }
  });
});
