/** Schemas that clients generate, through the server, the compiler and a model of random weights: what comes back fits. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';
import { NODE_22, npmPackages, otherNode, pythonPackages } from '../support/installed.ts';
import type { Requirement } from '../support/requirement.ts';
import { pythonJson } from './python/interpreter.ts';
import { type RealServer, serveReal } from './real-server.ts';

const PROGRAMS = path.join(import.meta.dirname, 'programs');

let server: RealServer;
beforeAll(async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'aha-schemas-'));
  server = await serveReal(await writeByteCheckpoint(dir, { config: { max_position_embeddings: 4096 } }));
});
afterAll(async () => {
  await server?.close();
});

/** What a program has seen, by the names of its looks. */
type Seen = { readonly [look: string]: string };

/** The newest lines of the clients want a newer Node than this project does. */
const NODE = await otherNode(NODE_22);
const NEWEST = await npmPackages({
  '@ai-sdk/openai-compatible': '3.0.92',
  ai: '7.0.173',
  openai: '7.59.0',
  zod: '4.6.7',
});
const newest: Requirement = NODE.missing ? NODE : NEWEST;

const PYTHON = [
  ['instructor_looks.py', await pythonPackages({ instructor: '1.17.0' })],
  ['pydantic_ai_looks.py', await pythonPackages({ 'pydantic-ai-slim[openai]': '2.68.0' })],
] as const;

async function here(program: string): Promise<Seen> {
  const { run } = (await import(pathToFileURL(path.join(PROGRAMS, program)).href)) as {
    readonly run: (url: string) => Promise<Seen>;
  };
  return run(server.url);
}

/** Under the other Node, among the newest clients. */
async function there(program: string): Promise<Seen> {
  const file = path.join(NEWEST.dir, `${process.pid}-${program}`);
  await copyFile(path.join(PROGRAMS, program), file);
  const code = `console.log(JSON.stringify(await (await import(${JSON.stringify(file)})).run(${JSON.stringify(server.url)})))`;
  try {
    const { stdout } = await promisify(execFile)(NODE.node, ['--input-type=module', '--eval', code]);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Seen;
  } finally {
    await rm(file);
  }
}

/** All looks, each of them ok: the message of a failure has what was seen instead. */
function expectAll(seen: Seen, count: number): void {
  expect(seen).toEqual(Object.fromEntries(Object.keys(seen).map((look) => [look, 'ok'])));
  expect(Object.keys(seen)).toHaveLength(count);
  expect(server.errors).toEqual([]);
}

const CLIENTS: readonly (readonly [string, string, number])[] = [
  ['ai', 'ai.mjs', 16],
  ['openai', 'openai.mjs', 4],
];

describe('schemas that clients generate', () => {
  it.each(CLIENTS)('fit what %s gets', async (_, program, count) => {
    expectAll(await here(program), count);
  });

  for (const [name, program, count] of CLIENTS) {
    it.skipIf(newest.missing)(`fit what the newest ${name} gets${newest.note}`, async () => {
      expectAll(await there(program), count);
    });
  }

  for (const [program, { missing, note, python: interpreter }] of PYTHON) {
    it.skipIf(missing)(`fit what ${program} gets${note}`, async () => {
      expectAll(await pythonJson<Seen>(program, { BASE_URL: server.url }, interpreter), 2);
    });
  }
});

/** Schemas that would hold a server up, or end it, and what the client is told. */
const HOSTILE: Readonly<Record<string, readonly [schema: object, says: RegExp]>> = {
  'many properties': [
    { properties: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`p${i}`, {}])) },
    /schema: has more than 20000 values/,
  ],
  'many alternatives': [
    { anyOf: Array.from({ length: 1025 }, (_, i) => ({ type: 'object', required: [`p${i}`] })) },
    /schema\.anyOf: more than 1024 alternatives/,
  ],
  'a loop': [{ anyOf: [{ $ref: '#' }, { type: 'null' }] }, /leads back to itself/],
  'a large pattern': [{ type: 'string', pattern: 'x{1000}{1000}' }, /automaton .* too large/],
  'many items at once': [{ type: 'array', minItems: 1e9 }, /schema\.minItems: 1000000000 is more than 500/],
  'many characters at once': [{ type: 'string', minLength: 1e9 }, /schema\.minLength: /],
  nesting: [
    JSON.parse(`${'{"items":'.repeat(61)}{}${'}'.repeat(61)}`) as object,
    /The body nests deeper than 64 levels/,
  ],
};

describe('hostile schemas', () => {
  it.each(Object.entries(HOSTILE))('%s', async (_, [schema, says]) => {
    expect(await ask({ type: 'json_schema', json_schema: { name: 'x', schema } })).toEqual([
      400,
      expect.stringMatching(says),
    ]);
  });

  it('leave the model as it was, and a large bound is no harm', async () => {
    const schema = { type: 'array', items: { enum: [1, 2] }, maxItems: 1e9 };
    const [status, content] = await ask({ type: 'json_schema', json_schema: { name: 'x', schema } });
    expect(status).toBe(200);
    expect(JSON.parse(content)).toBeInstanceOf(Array);
    expect(server.backend.stats()[0]!.restarts).toBe(0);
    expect(server.errors).toEqual([]);
  });
});

/** The status, and the content of the answer or the message of the error. */
async function ask(response_format: object): Promise<readonly [status: number, text: string]> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'bytes',
      messages: [{ role: 'user', content: 'x' }],
      max_tokens: 40,
      thinking: { type: 'disabled' },
      response_format,
    }),
  });
  const { choices, error } = (await response.json()) as {
    readonly choices?: readonly { readonly message: { readonly content: string } }[];
    readonly error?: { readonly message: string };
  };
  return [response.status, choices?.[0]?.message.content ?? error?.message ?? ''];
}
