import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLineLog, readLineLog } from './line-log.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string) => path.join(root, name);

describe('openLineLog', () => {
  it('keeps what was appended, in order, and finds it again', async () => {
    {
      await using log = await openLineLog<{ i: number }>(file('a'));
      expect(log.found).toEqual([]);
      await Promise.all(Array.from({ length: 50 }, (_, i) => log.append([{ i }, { i: -i }])));
    }
    await using again = await openLineLog<{ i: number }>(file('a'));
    expect(again.found).toHaveLength(100);
    expect(again.found[98]).toEqual({ i: 49 });
    expect(await readLineLog(file('a'))).toEqual(again.found);
  });

  it.each(['{"i": 2, "text": "π', '{"i": 2}', '{', '\ufffd'])(
    'takes the torn line %j off and writes on',
    async (torn) => {
      writeFileSync(file('b'), '{"text":"größe"}\n');
      appendFileSync(file('b'), torn);
      expect(await readLineLog(file('b'))).toEqual([{ text: 'größe' }]);
      {
        await using log = await openLineLog<unknown>(file('b'));
        expect(log.found).toEqual([{ text: 'größe' }]);
        await log.append([{ i: 3 }]);
      }
      expect(readFileSync(file('b'), 'utf8')).toBe('{"text":"größe"}\n{"i":3}\n');
    },
  );

  it('survives a line cut inside a character', async () => {
    const bytes = Buffer.from('{"a":1}\n{"b":"π');
    writeFileSync(file('c'), bytes.subarray(0, -1));
    await using log = await openLineLog<unknown>(file('c'));
    expect(log.found).toEqual([{ a: 1 }]);
    expect(readFileSync(file('c'), 'utf8')).toBe('{"a":1}\n');
  });

  it('names the line that is no JSON', async () => {
    writeFileSync(file('d'), '{"a":1}\nnonsense\n{"a":2}\n');
    await expect(openLineLog(file('d'))).rejects.toThrow(/d:2: not JSON/);
  });
});
