import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLineLog, readLineLog } from './line-log.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string) => path.join(root, name);

/** Takes every value but numbers. */
function check() {
  const warnings: string[] = [];
  const fault = (value: unknown) => (typeof value === 'number' ? 'a number' : null);
  return { warnings, fault, warn: (text: string) => void warnings.push(text) };
}

describe('openLineLog', () => {
  it('keeps what was appended, in order, and finds it again', async () => {
    {
      await using log = await openLineLog<{ i: number }>(file('a'), check());
      expect(log.found).toEqual([]);
      await Promise.all(Array.from({ length: 50 }, (_, i) => log.append([{ i }, { i: -i }])));
    }
    await using again = await openLineLog<{ i: number }>(file('a'), check());
    expect(again.found).toHaveLength(100);
    expect(again.found[98]).toEqual({ i: 49 });
    expect(await readLineLog(file('a'), check())).toEqual(again.found);
  });

  it.each(['{"i": 2, "text": "π', '{"i": 2}', '{', '\ufffd'])(
    'takes the torn line %j off and writes on',
    async (torn) => {
      writeFileSync(file('b'), '{"text":"größe"}\n');
      appendFileSync(file('b'), torn);
      expect(await readLineLog(file('b'), check())).toEqual([{ text: 'größe' }]);
      {
        await using log = await openLineLog<unknown>(file('b'), check());
        expect(log.found).toEqual([{ text: 'größe' }]);
        await log.append([{ i: 3 }]);
      }
      expect(readFileSync(file('b'), 'utf8')).toBe('{"text":"größe"}\n{"i":3}\n');
    },
  );

  it('survives a line cut inside a character', async () => {
    const bytes = Buffer.from('{"a":1}\n{"b":"π');
    writeFileSync(file('c'), bytes.subarray(0, -1));
    await using log = await openLineLog<unknown>(file('c'), check());
    expect(log.found).toEqual([{ a: 1 }]);
    expect(readFileSync(file('c'), 'utf8')).toBe('{"a":1}\n');
  });

  it('names damaged lines, goes on without them, and keeps the file as it was', async () => {
    const whole = Buffer.concat([
      Buffer.from('{"a":1}\nnonsense\n{"a":2}\n7\n\n"'),
      Buffer.from([0xff]),
      Buffer.from('"\n\0\0\0\n{"a":3}\n{"a":'),
    ]);
    writeFileSync(file('d'), whole);
    const reading = check();
    const kept = [{ a: 1 }, { a: 2 }, { a: 3 }];
    expect(await readLineLog(file('d'), reading)).toEqual(kept);
    expect(readFileSync(file('d'))).toEqual(whole);
    expect(reading.warnings).toEqual([`${file('d')}:2: not JSON (and 3 more damaged lines); left out`]);
    {
      const opening = check();
      await using log = await openLineLog<unknown>(file('d'), opening);
      expect(log.found).toEqual(kept);
      expect(opening.warnings).toEqual([expect.stringContaining(`kept as ${file('d')}.damaged`)]);
      await log.append([{ a: 4 }]);
    }
    expect(readFileSync(file('d'), 'utf8')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n{"a":4}\n');
    expect(readFileSync(`${file('d')}.damaged`)).toEqual(whole);
    const again = check();
    await (await openLineLog(file('d'), again))[Symbol.asyncDispose]();
    expect(again.warnings).toEqual([]);
  });

  it('names the log where a directory stands in its place', async () => {
    mkdirSync(file('directory'));
    const refused = { code: 'EISDIR', path: file('directory') };
    await expect(openLineLog(file('directory'), check())).rejects.toMatchObject(refused);
    await expect(readLineLog(file('directory'), check())).rejects.toMatchObject(refused);
  });

  it('does not write on into a file that was removed', async () => {
    await using log = await openLineLog<unknown>(file('f'), check());
    await log.append([{ a: 1 }]);
    rmSync(file('f'));
    for (let i = 0; i < 2; i++)
      await expect(log.append([{ a: 2 }])).rejects.toThrow(`${file('f')}: removed while it was written`);
  });

  it('says what is wrong with a line of another shape', async () => {
    writeFileSync(file('e'), '7\n');
    const reading = check();
    expect(await readLineLog(file('e'), reading)).toEqual([]);
    expect(reading.warnings).toEqual([`${file('e')}:1: a number; left out`]);
  });
});
