import { expect, it } from 'vitest';
import { DownloadLine } from './download-line.ts';

const MIB = 2 ** 20;

/** What is written of a download of 100 MiB, ten at a time, one second each. */
function shown(isTTY: boolean, pieces = 10): string {
  let [text, seconds] = ['', 0];
  const write = (more: string) => {
    text += more;
  };
  const output = { isTTY, columns: 80, write };
  const line = new DownloadLine(output, {
    title: 'hf:a/b@c',
    total: 100 * MIB,
    clock: () => seconds,
    env: { TERM: 'xterm' },
  });
  for (let i = 0; i < pieces; i++) {
    seconds += 4;
    line.onBytes(10 * MIB);
  }
  line.end();
  return text;
}

it('is redrawn on a terminal', () => {
  const lines = shown(true, 3).split('\r\u001b[2K');
  expect(lines).toEqual([
    'hf:a/b@c: 100 MiB to download\n',
    'hf:a/b@c: 10 % of 100 MiB, 3 MiB/s, 36s left',
    'hf:a/b@c: 20 % of 100 MiB, 3 MiB/s, 32s left',
    'hf:a/b@c: 30 % of 100 MiB, 3 MiB/s, 28s left',
    'hf:a/b@c: 30 MiB in 12s\n',
  ]);
});

it('is a line every ten seconds elsewhere', () => {
  expect(shown(false)).toBe(
    [
      'hf:a/b@c: 100 MiB to download',
      'hf:a/b@c: 30 % of 100 MiB, 3 MiB/s, 28s left',
      'hf:a/b@c: 60 % of 100 MiB, 3 MiB/s, 16s left',
      'hf:a/b@c: 90 % of 100 MiB, 3 MiB/s, 4s left',
      'hf:a/b@c: 100 MiB in 40s\n',
    ].join('\n'),
  );
});
