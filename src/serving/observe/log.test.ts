import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

function output(isTTY: boolean) {
  const texts: string[] = [];
  return { isTTY, texts, write: (text: string) => void texts.push(text) };
}

describe('createLog', () => {
  it('writes JSON lines with a time and the level’s name, and nothing of the machine', () => {
    const stream = output(false);
    createLog(stream, 'info').warn({ model: 'a' }, 'something');
    expect(stream.texts).toHaveLength(1);
    expect(stream.texts[0]).toMatch(/\n$/);
    const record = JSON.parse(stream.texts[0]!) as Record<string, unknown>;
    expect(Object.keys(record).sort()).toEqual(['level', 'model', 'msg', 'time']);
    expect(record).toMatchObject({ level: 'warn', model: 'a', msg: 'something' });
    expect(new Date(record.time as string).toISOString()).toBe(record.time);
  });

  it('writes short lines at a terminal, and JSON there too when asked', () => {
    const stream = output(true);
    createLog(stream, 'info').info({ port: 1 }, 'up');
    // The test may run with colours forced.
    expect(stream.texts[0]).toMatch(/^.*\d\d:\d\d:\d\d.* info {2}up {2}.*port=1/);
    createLog(stream, 'info', true).info('up');
    expect(JSON.parse(stream.texts[1]!)).toMatchObject({ msg: 'up' });
  });

  it('writes no field that hangs on an error', () => {
    const stream = output(false);
    const err = Object.assign(new Error('no'), { body: 'my secret' });
    createLog(stream, 'info').error({ err }, 'x');
    expect(JSON.parse(stream.texts[0]!)).toMatchObject({ err: { type: 'Error', message: 'no' } });
    expect(stream.texts[0]).not.toContain('secret');
  });

  it('leaves out what is below its level', () => {
    const stream = output(false);
    const log = createLog(stream, 'warn');
    log.info('no');
    log.error('yes');
    createLog(stream, 'silent').error('no');
    expect(stream.texts.map((text) => (JSON.parse(text) as { msg: string }).msg)).toEqual(['yes']);
  });

  it('does not hold the process up while nobody reads the log', async () => {
    const program = `
      const { createLog } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url).href)});
      const log = createLog(process.stderr, 'info', true);
      for (let i = 0; i < 2000; i++) log.info('x'.repeat(1000));
      process.stdout.write('went on');
      setInterval(() => {}, 1000);
    `;
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;
    const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      // Two megabytes are more than a pipe holds, and stderr is not read.
      const [text] = (await Promise.race([once(child.stdout, 'data'), sleep(20_000, ['stuck'])])) as [
        unknown,
      ];
      expect(String(text)).toBe('went on');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
