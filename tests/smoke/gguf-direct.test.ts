/** Commands with a GGUF file in place of a checkpoint folder: what they say is what they say of the folder it was made of. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { saveAsGguf } from '../../src/models/index.ts';
import { serveReal } from '../clients/real-server.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-gguf-direct-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = path.join(root, 'model.gguf');
let folder: string;

beforeAll(async () => {
  folder = await writeByteCheckpoint(root);
  await saveAsGguf(folder, file, 'f32');
  writeFileSync(path.join(root, 'questions.jsonl'), '{"prompt": "2 and 2?", "answer": "4"}\n');
});

/** What a command prints of the file, and of the folder. */
async function both(...args: readonly string[]): Promise<[string, string]> {
  const [command, ...more] = args;
  const outputs: string[] = [];
  for (const checkpoint of [file, folder]) {
    const { code, stdout, stderr } = await aha(command!, checkpoint, ...more);
    expect([code, stderr]).toEqual([0, '']);
    outputs.push(stdout);
  }
  return outputs as [string, string];
}

describe('a GGUF file as checkpoint', () => {
  it('is scored and continued as the folder is', async () => {
    for (const args of [
      ['score', '--text', 'A short text.'],
      ['generate', '--prompt', 'A short', '--max-tokens', '8', '--temperature', '0'],
    ]) {
      const [ofFile, ofFolder] = await both(...args);
      expect(ofFile).toBe(ofFolder);
      expect(ofFile.length).toBeGreaterThan(4);
    }
  });

  it('is evaluated as the folder is', async () => {
    const samples: string[] = [];
    for (const checkpoint of [file, folder]) {
      const out = path.join(root, `eval-${samples.length}`);
      const asked = ['--bench', 'file', '--data', path.join(root, 'questions.jsonl'), '--k', '3'];
      const { code } = await aha('eval', checkpoint, ...asked, '--max-tokens', '12', '--out', out);
      expect(code).toBe(0);
      samples.push(readFileSync(path.join(out, 'questions', 'samples.jsonl'), 'utf8'));
    }
    expect(samples[0]!.trim().split('\n')).toHaveLength(3);
    expect(samples[0]).toBe(samples[1]);
  });

  it('is served as the folder is', async () => {
    const replies: unknown[] = [];
    for (const checkpoint of [file, folder]) {
      const server = await serveReal(checkpoint);
      try {
        const body = {
          model: 'bytes',
          messages: [{ role: 'user', content: 'Hi' }],
          max_tokens: 8,
          temperature: 0,
        };
        const response = await fetch(`${server.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        replies.push(((await response.json()) as { choices: unknown }).choices);
        expect(server.errors).toEqual([]);
      } finally {
        await server.close();
      }
    }
    expect(replies[0]).toEqual(replies[1]);
    expect(JSON.stringify(replies[0])).toContain('"finish_reason"');
  });
});
