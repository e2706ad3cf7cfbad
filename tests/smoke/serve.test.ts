/** A served checkpoint measured over the network: `aha eval` against `aha serve`, both as people start them. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

let dir: string;
let url: string;
let served: Promise<number>;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aha-serve-'));
  const checkpoint = await writeTinyCheckpoint(path.join(dir, 'tiny'));
  url = await new Promise<string>((resolve, reject) => {
    const args = [
      'serve',
      `tiny=${checkpoint}`,
      '--port',
      '0',
      '--json',
      '--device',
      'cpu',
      '--threads',
      '1',
      '--log-level',
      'error',
    ];
    const stdout = { write: (text: string) => resolve((JSON.parse(text) as { url: string }).url) };
    served = main(args, { stdout, stderr: process.stderr });
    void served.then((status) => reject(new Error(`aha serve ended with status ${status}`)));
  });
});
it('is asked by aha eval like any other endpoint, thinking and answer apart', async () => {
  const out = path.join(dir, 'eval');
  const args = [
    'eval',
    `${url}/v1`,
    '--model',
    'tiny',
    '--bench',
    'chain',
    '--problems',
    '3',
    '--k',
    '2',
    '--out',
    out,
    '--json',
  ];
  const shown: string[] = [];
  const stdout = { write: (text: string) => void shown.push(text) };
  expect(await main(args, { stdout, stderr: process.stderr })).toBe(0);
  expect(shown.join('')).toContain('chain');
  const report = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8')) as object;
  expect(JSON.stringify(report)).toContain('"tiny"');
});

it('ends with status 0 when it is told to', async () => {
  process.emit('SIGTERM');
  expect(await served).toBe(0);
});
