import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { namedCheckpoints } from './served-models.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'served-'));
});

/** A directory that looks like a checkpoint from outside. */
function checkpoint(...path: string[]): string {
  const at = join(dir, ...path);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'config.json'), '{}');
  return at;
}

describe('namedCheckpoints', () => {
  it('names models by their directories unless told otherwise', () => {
    const [a, b] = [checkpoint('a'), checkpoint('my model')];
    expect(namedCheckpoints([`${a}/`, b, `base=${a}`])).toEqual([
      { id: 'a', checkpoint: `${a}/` },
      { id: 'my-model', checkpoint: b },
      { id: 'base', checkpoint: a },
    ]);
  });

  it('takes a path with “=” as a path', () => {
    const at = checkpoint('lr=0.1', 'final');
    expect(namedCheckpoints([at, `r1=${at}`])).toEqual([
      { id: 'final', checkpoint: at },
      { id: 'r1', checkpoint: at },
    ]);
    expect(namedCheckpoints([checkpoint('lr=0.1')])[0]!.id).toBe('lr-0.1');
  });

  it('refuses two models of one name', () => {
    const [a, b] = [checkpoint('one', 'final'), checkpoint('two', 'final')];
    expect(() => namedCheckpoints([a, b])).toThrow('two models named final');
    expect(() => namedCheckpoints([a, a])).toThrow(UsageError);
  });

  it.each([
    ['nowhere', 'nowhere: no checkpoint'],
    ['r1=nowhere', 'nowhere: no checkpoint'],
    ['=nowhere', '“” is no name'],
    ['a b=nowhere', '“a b” is no name'],
  ])('refuses %j', (arg, message) => {
    expect(() => namedCheckpoints([arg])).toThrow(message);
  });
});
