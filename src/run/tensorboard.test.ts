import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requirement } from '../../tests/support/requirement.ts';
import { crc32c, EventFile, scalarsEvent, tfRecord, versionEvent } from './tensorboard.ts';

/** The payloads of a file of TFRecords. */
function payloads(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    found.push(file.subarray(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return found;
}

async function written(): Promise<string> {
  const dir = join(mkdtempSync(join(tmpdir(), 'events-')), 'zero');
  const file = new EventFile(dir);
  await file.append({ step: 1, reward: 0.25 }, 1700000000.5);
  await file.append({ step: 300, reward: 0.5, 'completions/mean_length': 200 }, 1700000001.5);
  return dir;
}

const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;

const hasReader = spawnSync('python3', ['-c', 'import tensorboard']).status === 0;
const tensorboard = requirement(hasReader ? null : 'python3 has no package tensorboard');

describe('crc32c', () => {
  it('has the published check value', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array())).toBe(0);
  });
});

describe('events', () => {
  it('are exact to the byte', () => {
    expect(versionEvent(1).toString('hex')).toBe(
      `09000000000000f03f1a0d${Buffer.from('brain.Event:2').toString('hex')}`,
    );
    expect(scalarsEvent({ step: 300, a: 1 }, 1).toString('hex')).toBe(
      '09000000000000f03f10ac022a0a0a080a0161150000803f',
    );
  });

  it('are framed with their length and its checksum', () => {
    const record = tfRecord(Buffer.from('abc'));
    expect(record).toHaveLength(19);
    expect(payloads(record)).toEqual([Buffer.from('abc')]);
  });
});

describe('EventFile', () => {
  it('begins with the version and holds one event a step', async () => {
    const dir = await written();
    const names = readdirSync(dir);
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^events\.out\.tfevents\.1700000000\../);
    expect(payloads(readFileSync(join(dir, names[0]!)))).toEqual([
      versionEvent(1700000000.5),
      scalarsEvent({ step: 1, reward: 0.25 }, 1700000000.5),
      scalarsEvent({ step: 300, reward: 0.5, 'completions/mean_length': 200 }, 1700000001.5),
    ]);
  });

  it.skipIf(tensorboard.missing)(
    `is read by TensorBoard${tensorboard.note}`,
    { timeout: 60_000 },
    async () => {
      const text = execFileSync('python3', ['-c', READER, await written()], { encoding: 'utf8' });
      expect(JSON.parse(text)).toEqual({
        reward: [
          [1, 0.25],
          [300, 0.5],
        ],
        'completions/mean_length': [[300, 200]],
      });
    },
  );
});
