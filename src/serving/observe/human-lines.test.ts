import { describe, expect, it } from 'vitest';
import { painter } from '../../output.ts';
import { humanLine } from './human-lines.ts';

const plain = painter(false);
const time = new Date(2025, 0, 20, 8, 5, 9).toISOString();

describe('humanLine', () => {
  it('is time, level, message and what else is known', () => {
    const fields = { route: '/v1/models', status: 200, key: null, seconds: 0.5, aborted: false, tokens: 0 };
    expect(humanLine({ time, level: 'info', msg: 'request', ...fields }, plain)).toBe(
      '08:05:09 info  request  route=/v1/models status=200 seconds=0.5 tokens=0\n',
    );
    expect(humanLine({ time, level: 'error', msg: 'x' }, plain)).toBe('08:05:09 error x\n');
  });

  it('shows an error’s stack and its cause', () => {
    const err = {
      type: 'TypeError',
      message: 'no',
      stack: '    at f (a.ts:1:2)',
      cause: { type: 'Error', message: 'why' },
    };
    expect(humanLine({ time, level: 'error', msg: 'x', err }, plain)).toBe(
      '08:05:09 error x\n  TypeError: no\n    at f (a.ts:1:2)\n  caused by Error: why\n',
    );
  });

  it('lets nobody forge a line or steer the terminal', () => {
    const text = humanLine({ time, level: 'info', msg: 'a\nb', model: '\u001b[2J\r08:05:09 info' }, plain);
    expect(text).toBe('08:05:09 info  a ⏎ b  model=\\u001b[2J\\u000d08:05:09 info\n');
  });

  it('is coloured by level where there are colours', () => {
    expect(humanLine({ time, level: 'error', msg: 'x' }, painter(true))).toContain(
      '\u001b[31merror\u001b[39m',
    );
  });
});
