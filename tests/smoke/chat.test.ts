/** `aha chat` with real models, through pipes and at a terminal. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';
import { saveAsGguf } from '../../src/models/index.ts';
import { FakeTerminal } from '../../src/serving/chat/testing.ts';
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';

let checkpoint: string;

beforeAll(async () => {
  checkpoint = await writeByteCheckpoint(await mkdtemp(path.join(tmpdir(), 'aha-chat-')));
});

const SHORT = ['--device', 'cpu', '--threads', '1', '--seed', '3', '--max-tokens', '40'];

async function piped(text: string, ...args: string[]) {
  const output = { out: '', err: '' };
  const write = (name: 'out' | 'err') => ({
    write(shown: string): void {
      output[name] += shown;
    },
  });
  const io = { stdin: Readable.from([text]), stdout: write('out'), stderr: write('err') };
  return { status: await main(['chat', ...args, ...SHORT], io), ...output };
}

describe('aha chat through pipes', () => {
  it('thinks on stderr within its budget and answers on stdout, the same for the same seed', async () => {
    const args = [`bytes=${checkpoint}`, '--thinking-budget', '10'];
    const { status, out, err } = await piped('Say\nsomething.\n', ...args);
    expect(status).toBe(0);
    expect(out.trim()).not.toBe('');
    expect(err.trim()).not.toBe('');
    const json = await piped('Say\nsomething.\n', ...args, '--json');
    const reply = JSON.parse(json.out) as {
      content: string;
      usage: { completion_tokens_details: { reasoning_tokens: number } };
    };
    expect(reply).toMatchObject({
      model: 'bytes',
      finish_reason: 'length',
      usage: { completion_tokens: 40 },
    });
    expect(reply.usage.completion_tokens_details.reasoning_tokens).toBeLessThan(20);
    // What is shown is what was said, without control characters and the blanks around it.
    const visible = (text: string) => text.replace(/[\s\p{Control}]/gu, '');
    expect(visible(out)).toBe(visible(reply.content));
  });

  it('answers from a GGUF file as from the folder it was made of', async () => {
    const file = path.join(path.dirname(checkpoint), 'bytes.gguf');
    await saveAsGguf(checkpoint, file, 'f32');
    const content = async (model: string) => JSON.parse((await piped('Hi', model, '--json')).out).content;
    expect(await content(`bytes=${file}`)).toBe(await content(`bytes=${checkpoint}`));
  });

  it('answers with each of two checkpoints, and without thinking', async () => {
    const { status, out } = await piped(
      'Hi',
      `a=${checkpoint}`,
      `b=${checkpoint}`,
      '--no-thinking',
      '--json',
    );
    expect(status).toBe(0);
    const replies = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { model: string });
    expect(replies).toMatchObject([
      { model: 'a', reasoning_content: null },
      { model: 'b', reasoning_content: null },
    ]);
  });

  it('says what does not fit', async () => {
    const { status, err } = await piped('x'.repeat(2000), checkpoint);
    expect(status).toBe(1);
    expect(err).toMatch(
      /^aha: checkpoint: no reply\n {2}This model's maximum context length is 1024 tokens. However, the prompt has \d+ tokens/,
    );
  });
});

it('aha chat at a terminal: a message, a reply that is stopped, an end', async () => {
  const terminal = new FakeTerminal();
  Object.assign(terminal.stdin, { isTTY: true });
  const ended = main(['chat', checkpoint, ...SHORT.slice(0, 6)], terminal);
  await terminal.when('/help lists commands', 'Say something.\r');
  await terminal.when('thinking…', '');
  await terminal.when(' tokens', '\u0003');
  await terminal.when('stopped', '/quit\r');
  expect(await ended).toBe(0);
  expect(terminal.errors).toBe('');
});
