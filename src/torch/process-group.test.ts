/** Three processes compute together; one is then killed, and another does not answer. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../tests/support/ranks.ts';
import { ProcessGroup } from './process-group.ts';

const PROGRAM = path.join(import.meta.dirname, 'ranks-testing.ts');
const SIZE = 3;

/** The lines that a rank printed, as JSON. */
type Printed = readonly Record<string, unknown>[];

async function runRank(rank: number, env: Record<string, string>): Promise<Printed> {
  const own = { RANK: String(rank), LOCAL_RANK: String(rank) };
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
    env: { ...process.env, AHA_THREADS: '1', ...env, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

let printed: readonly Printed[] = [];
beforeAll(async () => {
  const size = String(SIZE);
  const env = {
    WORLD_SIZE: size,
    LOCAL_WORLD_SIZE: size,
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(await freePort()),
    PAIR_PORT: String(await freePort()),
  };
  printed = await Promise.all([0, 1, 2].map((rank) => runRank(rank, env)));
}, 60_000);

const all = (name: string) => printed.map(([results]) => results![name]);

describe('operations of three ranks', () => {
  it('add up in the order of the ranks, on every rank alike', () => {
    // (1e8 + 1) − 1e8 in float32: the 1 is lost, as in a loop over the ranks.
    const sum = Math.fround(Math.fround(1e8 + 1) - 1e8);
    expect(all('sum')).toEqual([0, 1, 2].map(() => Array.from({ length: 5 }, () => sum)));
    expect(all('half')).toEqual([[3.75], [3.75], [3.75]]);
    expect(all('scattered')).toEqual([
      [sum, sum],
      [6, 6],
      [9, 9],
    ]);
  });

  it('take the greatest', () =>
    expect(all('max')).toEqual([
      [2, 0],
      [2, 0],
      [2, 0],
    ]));

  it('pass on every dtype, and tensors that are not contiguous', () => {
    expect(all('flags')).toEqual([[1], [1], [1]]);
    const ofRank1 = [2, 6, 4, 8];
    expect(all('broadcast')).toEqual([ofRank1, ofRank1, ofRank1]);
  });

  it('gather in order', () => {
    const four = (value: number) => [value, value, value, value];
    const gathered = [four(0.5), four(1.5), four(2.5)];
    expect(all('gathered')).toEqual([gathered, gathered, gathered]);
  });

  it('exchange tensors of different sizes', () => {
    const piece = (from: number, to: number) => Array.from({ length: from + to + 1 }, () => 10 * from + to);
    expect(all('exchanged')).toEqual([0, 1, 2].map((to) => [0, 1, 2].map((from) => piece(from, to))));
  });

  it('work in a second group of two of them', () =>
    expect(all('pair')).toEqual([[3, 3, 3], [3, 3, 3], null]));
});

describe('a rank that does not answer', () => {
  it('ends the operation of the others after the time-out', () =>
    expect(printed[0]![1]).toEqual({
      message: expect.stringMatching(
        /^rank 0 of 2: barrier: no answer from the others within 2 s\n {2}.*--rank-timeout/,
      ),
      operation: 'barrier',
      timeoutMs: 2000,
      rank: 0,
    }));

  it('ends it at once where it was killed', () => {
    for (const [rank, lines] of [printed[0]!, printed[1]!].entries()) {
      expect(lines.at(-1)).toEqual({
        message: expect.stringMatching(/^rank \d of 3: all-reduce failed: .*\n {2}Another rank has ended/),
        operation: 'all-reduce',
        timeoutMs: 20_000,
        rank,
      });
    }
  });
});

it('is no group where no launcher has set the environment, or one rank alone', () => {
  expect(ProcessGroup.fromEnvironment({})).toBeNull();
  expect(ProcessGroup.fromEnvironment({ WORLD_SIZE: '1' })).toBeNull();
});
