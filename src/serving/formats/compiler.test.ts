import { afterAll, describe, expect, it } from 'vitest';
import type { FormatSource } from '../../inference/constraint/index.ts';
import type { Json } from '../../records.ts';
import { COMPILER_LIMITS, type CompilerLimits, FormatCompiler } from './compiler.ts';

const opened: FormatCompiler[] = [];
function open(limits: Partial<CompilerLimits> = {}): FormatCompiler {
  const compiler = new FormatCompiler({ ...COMPILER_LIMITS, timeMs: 60_000, ...limits });
  opened.push(compiler);
  return compiler;
}
afterAll(() => {
  for (const compiler of opened) compiler.close();
});

const of = (schema: Json): FormatSource => ({ type: 'json_schema', schema });
const refusal = (what: RegExp): object => ({ kind: 'invalid', message: expect.stringMatching(what) });
/** Takes half a second, and then is refused. */
const COSTLY = of({ pattern: 'x{1000}{1000}' });

describe('FormatCompiler', () => {
  it('compiles formats, the same once, and refuses with the place; a process that ended is replaced', async () => {
    const compiler = open();
    const integer = { type: 'integer', minimum: 0 };
    const [first, second, refused] = await Promise.allSettled([
      compiler.compile(of(integer)),
      compiler.compile(of({ ...integer })),
      compiler.compile(of({ properties: { a: { not: {} } } })),
    ]);
    expect(first).toMatchObject({
      value: { format: { type: 'value', shapes: [{ kind: 'number', bounds: { least: 0n } }] } },
    });
    expect(second).toEqual(first);
    expect(refused).toMatchObject({ reason: refusal(/schema\.properties\.a\.not: /) });
    compiler.close();
    const again = await compiler.compile(of(integer));
    expect(again).toEqual((first as PromiseFulfilledResult<unknown>).value);
    const other = await compiler.compile({ type: 'json_object' });
    expect(other.key).not.toBe(again.key);
  });

  it('refuses what is too large before anything is made of it, and says that too many wait', async () => {
    const compiler = open({ queue: 0 });
    const names = Array.from({ length: 100_000 }, (_, i) => [`p${i}`, { type: 'string' }]);
    await expect(
      compiler.compile(of({ properties: Object.fromEntries(names) as Json })),
    ).rejects.toMatchObject(refusal(/schema: has more than 20000 values/));
    await expect(compiler.compile(of({}))).rejects.toMatchObject({ kind: 'queue_full', retryAfter: 5 });
  });

  it('ends what takes too long, and tells the limit', async () => {
    await expect(open({ timeMs: 1 }).compile(COSTLY)).rejects.toMatchObject(
      refusal(/cannot be compiled within 1 ms/),
    );
  });
});
