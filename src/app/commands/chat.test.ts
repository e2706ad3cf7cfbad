import { describe, expect, it } from 'vitest';
import { aha } from '../cli/testing.ts';

const BASE = 'models/tiny-base';

describe('aha chat, before a model is loaded', () => {
  it.each([
    [[], "missing required argument 'checkpoints'"],
    [['nowhere'], 'nowhere: no checkpoint (no config.json in it)'],
    [[BASE, BASE], 'two models named tiny-base'],
    [[BASE], 'stdin: no message'],
    [[BASE, '--temperature', '3'], 'Expected a number from 0 up to 2.'],
    [[BASE, '--top-p', '0'], 'Expected a number above 0 up to 1.'],
    [[BASE, '--max-tokens', '0'], 'Expected a whole number from 1.'],
    [[BASE, '--thinking-budget', '-1'], 'Expected a whole number from 0.'],
    [[BASE, '--dtype', 'int8'], 'Allowed choices are auto, float32, bfloat16'],
    [[BASE, '--template', 'x'], 'Allowed choices are r1-zero'],
  ])('%j is wrong usage: status 2 and a message', async (args, message) => {
    const { code, stdout, stderr } = await aha('chat', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
