import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { isDeterministic, useDeterministic } from './deterministic.ts';

const VARIABLE = 'CUBLAS_WORKSPACE_CONFIG';
let before: string | undefined;
beforeEach(() => {
  before = process.env[VARIABLE];
  delete process.env[VARIABLE];
});
afterEach(() => {
  useDeterministic(false, 'cpu');
  if (before === undefined) delete process.env[VARIABLE];
  else process.env[VARIABLE] = before;
});

describe('useDeterministic', () => {
  it("turns torch's switch on and off", () => {
    expect(isDeterministic()).toBe(false);
    useDeterministic(true, 'cpu');
    expect(isDeterministic()).toBe(true);
    useDeterministic(false, 'cpu');
    expect(isDeterministic()).toBe(false);
  });

  it.each([
    ['cuda:0', true, ':4096:8'],
    ['cuda:0', false, undefined],
    ['cpu', true, undefined],
  ])('on %s, %s: leaves the workspaces of cuBLAS at %s', (device, on, expected) => {
    useDeterministic(on, device);
    expect(process.env[VARIABLE]).toBe(expected);
  });

  it.each([':4096:8', ':16:8'])('keeps workspaces of %s', (given) => {
    process.env[VARIABLE] = given;
    useDeterministic(true, 'cuda:0');
    expect(process.env[VARIABLE]).toBe(given);
    expect(isDeterministic()).toBe(true);
  });

  it.each([':4096:2', ''])(
    'refuses workspaces of "%s" on a GPU, with exit code 2, and changes nothing',
    (given) => {
      process.env[VARIABLE] = given;
      const attempt = () => useDeterministic(true, 'cuda:0');
      expect(attempt).toThrow(UsageError);
      expect(attempt).toThrow(`${VARIABLE}=${given}: `);
      expect(attempt).toThrow('Set it to :4096:8 or :16:8');
      expect(attempt).toThrow(expect.objectContaining({ exitCode: 2 }));
      expect(isDeterministic()).toBe(false);
      // A CPU does not read them.
      expect(() => useDeterministic(true, 'cpu')).not.toThrow();
    },
  );
});
