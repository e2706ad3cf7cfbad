import { describe, expect, it } from 'vitest';
import { hasColours, painter } from './output.ts';

describe('hasColours', () => {
  const tty = { isTTY: true };
  const pipe = {};
  it.each([
    [tty, {}, true],
    [pipe, {}, false],
    [tty, { NO_COLOR: '1' }, false],
    [tty, { NO_COLOR: '' }, true],
    [tty, { TERM: 'dumb' }, false],
    [pipe, { FORCE_COLOR: '1' }, true],
    [pipe, { FORCE_COLOR: '' }, true],
    [tty, { FORCE_COLOR: '0' }, false],
    [tty, { FORCE_COLOR: 'false' }, false],
    [pipe, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
  ])('%j with %j: %s', (stream, env, expected) => {
    expect(hasColours(stream, env)).toBe(expected);
  });
});

describe('painter', () => {
  it('colours, or does nothing', () => {
    expect(painter(true)('good', 'x')).toBe('\u001b[32mx\u001b[39m');
    expect(painter(false)('good', 'x')).toBe('x');
  });
});
