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
