import { describe, expect, it } from 'vitest';
import { isLocalHostHeader, isLoopback } from './loopback.ts';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST'])('%s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'example.org', 'localhost.example.org', ''])(
    '%s can be reached from elsewhere',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('isLocalHostHeader', () => {
  it.each(['localhost', 'localhost:8000', '127.0.0.1:8000', '[::1]:8000', '[::1]'])('%s is local', (host) => {
    expect(isLocalHostHeader(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'localhost:8000@evil.example',
    'localhost:x',
    '192.168.0.1:8000',
  ])('%s is not', (host) => {
    expect(isLocalHostHeader(host)).toBe(false);
  });
});
