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
  it('compiles formats, the same once, and refuses with the place', async () => {
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
    const again = await compiler.compile(of(integer));
    expect(again).toEqual((first as PromiseFulfilledResult<unknown>).value);
    const other = await compiler.compile({ type: 'json_object' });
    expect(other.key).not.toBe(again.key);
  });

  it('refuses what is too large before anything is made of it', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => [`p${i}`, { type: 'string' }]);
    const compiler = open({ queue: 0 });
    await expect(
      compiler.compile(of({ properties: Object.fromEntries(names) as Json })),
    ).rejects.toMatchObject(refusal(/schema: has more than 20000 values/));
  });

  it('ends what takes too long, tells the limit, and goes on', async () => {
    const compiler = open({ timeMs: 1 });
    await expect(compiler.compile(COSTLY)).rejects.toMatchObject(refusal(/cannot be compiled within 1 ms/));
    await expect(open().compile(of({}))).resolves.toMatchObject({ format: { shapes: [{ kind: 'any' }] } });
  });

  it('tells that too many wait', async () => {
    const compiler = open({ queue: 1 });
    const first = compiler.compile(of({ type: 'string' }));
    await expect(compiler.compile(of({ type: 'null' }))).rejects.toMatchObject({
      kind: 'queue_full',
      retryAfter: 5,
    });
    await expect(first).resolves.toBeDefined();
  });

  it('starts another process where one ended', async () => {
    const compiler = open();
    await compiler.compile(of({ type: 'string' }));
    compiler.close();
    await expect(compiler.compile(of({ type: 'boolean' }))).resolves.toBeDefined();
  });
});
