import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/eventually.ts';
import { main } from '../cli/main.ts';
import { aha } from '../cli/testing.ts';

const BASE = 'models/tiny-base';

/** A running `aha serve`, stopped as a person does. */
async function serving(...args: string[]) {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof texts) => ({
    write(text: string): void {
      texts[name] += text;
    },
  });
  const exit = main(['serve', ...args], { stdout: stream('stdout'), stderr: stream('stderr') });
  let ended = false;
  void exit.then(() => {
    ended = true;
  });
  await eventually(() => expect(ended || texts.stdout.includes('\n')).toBe(true));
  if (ended) throw new Error(texts.stderr);
  const stop = (): Promise<number> => {
    process.emit('SIGTERM');
    return exit;
  };
  return { texts, stop };
}

describe('aha serve, before a model is loaded', () => {
  const damaged = join(mkdtempSync(join(tmpdir(), 'serve-')), 'keys.json');
  writeFileSync(damaged, '{', { mode: 0o600 });

  it.each([
    [[], "missing required argument 'checkpoints'"],
    [['nowhere'], 'nowhere: no checkpoint (no config.json in it)'],
    [[BASE, BASE], 'two models named tiny-base'],
    [[BASE, '--era', 'r2'], 'Allowed choices are r1, r1-0528, thinking, open'],
    [[BASE, '--port', '65536'], 'Expected a whole number from 0 up to 65535.'],
    [[BASE, '--port', 'http'], 'Expected a whole number'],
    [[BASE, '--host', '0.0.0.0'], 'no API key is set'],
    [[BASE, '--keys', 'nowhere.json'], 'no such keys file'],
    [[BASE, '--keys', damaged], 'not JSON'],
    [[BASE, '--update-weights-from', 'nowhere'], 'nowhere: there is no such folder'],
    [[`a=${BASE}`, `b=${BASE}`, '--update-weights-from', '.'], '2 models are served'],
    [[BASE, '--update-weights-from', '.', '--speculate'], 'exclude each other'],
    [[BASE, '--update-weights-from', '.', '--precision', 'nf4'], 'held in nf4 cannot be replaced'],
    [[BASE, '--cors', 'example.org'], 'Expected an origin'],
    [[BASE, '--cors', 'https://example.org/'], 'Expected an origin'],
    [[BASE, '--max-rows', '0'], 'Expected a whole number from 1.'],
    [[BASE, '--dtype', 'int8'], 'Allowed choices are auto, float32, bfloat16'],
    [[BASE, '--template', 'x'], 'Allowed choices are r1-zero'],
    [[BASE, '--thinking', 'often'], 'Allowed choices are auto, always, never'],
    [[BASE, '--stall-timeout', '0'], 'Expected a number above 0.'],
    [[BASE, '--hang-timeout', '0.5'], 'Expected a number from 1.'],
    [[BASE, '--log-level', 'loud'], 'Allowed choices are error'],
  ])('%j is wrong usage: status 2 and a message', async (args, message) => {
    const { code, stdout, stderr } = await aha('serve', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('a port in use fails with a remedy', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await aha('serve', BASE, '--port', String(port));
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port}: the port is in use`);
  });
});

describe('aha serve', () => {
  it('serves until it is stopped, and logs without what was said', async () => {
    const { texts, stop } = await serving(BASE, `second=${BASE}`, '--port', '0', '--json', '--no-page');
    const ready = JSON.parse(texts.stdout) as { url: string; keyRequired: boolean; models: { id: string }[] };
    expect(ready.models.map(({ id }) => id)).toEqual(['tiny-base', 'second']);
    expect(ready.keyRequired).toBe(false);
    const response = await fetch(`${ready.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-aha-secret-of-a-client' },
      body: JSON.stringify({
        model: 'second',
        messages: [{ role: 'user', content: 'SECRETPROMPT 2 + 3' }],
        max_tokens: 5,
        temperature: 0,
      }),
    });
    expect(response.status).toBe(200);
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    const metrics = await (await fetch(`${ready.url}/metrics`)).text();
    expect(metrics).toContain('aha_completion_tokens_total{model="second"} 5');
    expect(await stop()).toBe(0);
    await expect(fetch(`${ready.url}/health`)).rejects.toThrow('fetch failed');
    const records = texts.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(records.map(({ msg }) => msg).filter((msg) => msg === 'request')).toHaveLength(1);
    expect(texts.stderr).not.toMatch(/SECRETPROMPT|secret-of-a-client/);
    const { content } = choices[0]!.message;
    if (content.length > 3) expect(texts.stderr).not.toContain(content);
    expect(texts.stdout.split('\n')).toHaveLength(2);
  });
});
