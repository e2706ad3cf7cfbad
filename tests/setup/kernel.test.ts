import { mkdtempSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { judgeKernels, probeOf } from '../../setup/check-kernel.mjs';
import { readVerdict, verdictFile, writeVerdict } from '../../setup/kernel-verdict.mjs';
import { coreTypeFor, isBehind, readProcessor } from '../../setup/processor.mjs';
import { currentAddon } from '../../setup/status.mjs';
import { applyThreadPolicy } from '../../setup/threads.mjs';

const AVX2 = 'fpu sse sse2 avx fma avx2';
const AVX512 = `${AVX2} avx512f avx512dq avx512cd avx512bw avx512vl`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kernel-'));
});

/** A processor, read from a file as Linux writes it. */
function processor(vendor: string, flags: string) {
  const path = join(dir, 'cpuinfo');
  const fields = [
    'processor\t: 0',
    `vendor_id\t: ${vendor}`,
    'model name\t: Fast 9000',
    `flags\t\t: ${flags}`,
  ];
  writeFileSync(path, `${fields.join('\n')}\n\n${fields.join('\n')}\n`);
  return readProcessor(path)!;
}

describe('readProcessor', () => {
  it('reads vendor, name and flags', () => {
    const flags = ['fpu', 'sse', 'sse2', 'avx', 'fma', 'avx2'];
    expect(processor('GenuineIntel', AVX2)).toEqual({ vendor: 'GenuineIntel', model: 'Fast 9000', flags });
  });

  it('knows nothing where there are no flags, or no file', () => {
    writeFileSync(join(dir, 'arm'), 'processor\t: 0\nFeatures\t: fp asimd\n');
    expect(readProcessor(join(dir, 'arm'))).toBeNull();
    expect(readProcessor(join(dir, 'none'))).toBeNull();
    expect(coreTypeFor(null)).toBeNull();
  });
});

describe('coreTypeFor', () => {
  it.each([
    ['GenuineIntel', AVX512, 'SkylakeX'],
    ['AuthenticAMD', AVX512, 'SkylakeX'],
    ['GenuineIntel', AVX2, 'Haswell'],
    ['AuthenticAMD', AVX2, 'Zen'],
    ['HygonGenuine', AVX2, 'Zen'],
    ['GenuineIntel', `${AVX2} avx512f avx512cd`, 'Haswell'],
    ['GenuineIntel', 'fpu sse sse2 avx', null],
  ])('%s with %s: %s', (vendor, flags, expected) => {
    expect(coreTypeFor(processor(vendor, flags))).toBe(expected);
  });
});

describe('isBehind', () => {
  it.each([
    ['Prescott', 'SkylakeX', true],
    ['Haswell', 'SkylakeX', true],
    ['Nehalem', 'Zen', true],
    ['Zen', 'Haswell', false],
    ['Cooperlake', 'SkylakeX', false],
    ['Kernel2099', 'SkylakeX', false],
  ])('%s behind %s: %s', (kernel, other, expected) => expect(isBehind(kernel, other)).toBe(expected));
});

describe('judgeKernels', () => {
  const prescott = { kernel: 'Prescott', gflops: 23, wrong: [] };
  const fast = { kernel: 'SkylakeX', gflops: 104, wrong: [] };
  const judge = (own: object, other: object | null, wanted: string | null = 'SkylakeX') =>
    judgeKernels(wanted, async (coreType) => {
      const outcome = coreType === null ? own : other;
      if (outcome === null) throw new Error(`${coreType} was tried`);
      return outcome as typeof prescott;
    });

  it('takes a kernel that is right and faster', async () => {
    expect(await judge(prescott, fast)).toEqual({
      coreType: 'SkylakeX',
      why: 'SkylakeX instead of Prescott, which OpenBLAS chooses: checked, 4.5 times as fast',
      own: { kernel: 'Prescott', gflops: 23 },
      chosen: { kernel: 'SkylakeX', gflops: 104 },
    });
  });

  it.each([
    ['crashed', { failure: 'was ended by SIGILL' }, 'its check was ended by SIGILL'],
    ['multiplied wrongly', { ...fast, wrong: ['float32 [1, 2] × [2, 3]'] }, 'wrong product float32 [1, 2]'],
    ['is not in this OpenBLAS', prescott, 'this OpenBLAS has no SkylakeX'],
    ['is no faster', { ...fast, gflops: 24 }, 'not faster'],
  ])('keeps the default where the other %s', async (_, other, why) => {
    const verdict = await judge(prescott, other);
    expect(verdict).toMatchObject({ coreType: null, chosen: null, own: { kernel: 'Prescott' } });
    expect(verdict.why).toContain(why);
  });

  it.each([
    [
      'OpenBLAS chose one that suits the processor',
      { ...fast, kernel: 'Cooperlake' },
      'SkylakeX',
      'by itself',
    ],
    ['libtorch has a BLAS of its own', { ...fast, kernel: null }, 'SkylakeX', 'no OpenBLAS'],
    ['the processor has no wide instructions', prescott, null, 'OpenBLAS chooses Prescott'],
    ['the default itself fails', { failure: 'ended with status 1' }, 'SkylakeX', 'ended with status 1'],
  ])('tries no other where %s', async (_, own, wanted, why) => {
    const verdict = await judge(own, null, wanted);
    expect(verdict.coreType).toBeNull();
    expect(verdict.why).toContain(why);
  });
});

describe('probeOf', () => {
  /** What becomes of a program that runs in the place of products.mjs. */
  const probe = (text: string, coreType: string | null = 'Zen', limitMs?: number) => {
    const program = join(dir, 'program.mjs');
    writeFileSync(program, text);
    const env = { ...process.env, OPENBLAS_CORETYPE: 'Nehalem' };
    return probeOf('addon', { program, env, ...(limitMs !== undefined && { limitMs }) })(coreType, 'check');
  };

  it.each([
    ['process.kill(process.pid, "SIGILL"); setInterval(() => {}, 1000)', 'was ended by SIGILL'],
    ['process.exit(3)', 'ended with status 3'],
  ])('%s is a failure', async (text, failure) => expect(await probe(text)).toEqual({ failure }));

  it('ends a program that hangs', async () => {
    expect(await probe('while (true);', 'Zen', 100)).toEqual({ failure: 'did not end within 0.1 s' });
  });

  it.each(['Zen', null])('asks for the core type %s, whatever is set here', async (coreType) => {
    const text = 'console.log(JSON.stringify({ kernel: process.env.OPENBLAS_CORETYPE ?? null }))';
    expect(await probe(text, coreType)).toEqual({ kernel: coreType });
  });

  it('multiplies rightly with the kernel in use', { timeout: 300_000 }, async () => {
    const { OPENBLAS_CORETYPE: coreType = null } = process.env;
    const products = await probeOf(currentAddon()!.path)(coreType, 'check');
    expect(products).toMatchObject({ wrong: [] });
    if ('failure' in products) throw new Error(products.failure);
    expect(products.gflops).toBeGreaterThan(0);
  });

  it('sees one wrong number in one product', { timeout: 300_000 }, async () => {
    const addon = join(dir, 'addon.cjs');
    const text = `
      const addon = require(${JSON.stringify(currentAddon()!.path)});
      exports = module.exports = { ...addon, toData: (tensor) => {
        const data = addon.toData(tensor);
        if (String(addon.shape(tensor)) === '7,9') new Uint8Array(data)[data.byteLength - 1] ^= 1;
        return data;
      } };`;
    writeFileSync(addon, text);
    const products = await probeOf(addon)(null, 'check');
    expect(products).toMatchObject({ wrong: expect.arrayContaining([expect.stringContaining('[7, 1]')]) });
  });
});

describe('applyThreadPolicy', () => {
  const verdict = { coreType: 'SkylakeX', why: 'checked', own: null, chosen: null };

  it('sets the core type that was checked', () => {
    const env: NodeJS.ProcessEnv = {};
    const { coreType } = applyThreadPolicy(env, verdict);
    expect(coreType).toEqual({ value: 'SkylakeX', source: 'checked', why: 'checked' });
    expect(env.OPENBLAS_CORETYPE).toBe('SkylakeX');
  });

  it.each(['Haswell', ''])('never changes one that is set: %j', (set) => {
    const env: NodeJS.ProcessEnv = { OPENBLAS_CORETYPE: set };
    expect(applyThreadPolicy(env, verdict).coreType).toMatchObject({ value: set, source: 'set' });
    expect(env.OPENBLAS_CORETYPE).toBe(set);
  });

  it.each([
    [{ ...verdict, coreType: null }, 'checked'],
    [null, 'unchecked'],
  ])('sets none by the verdict %j', (kept, source) => {
    const env: NodeJS.ProcessEnv = {};
    expect(applyThreadPolicy(env, kept).coreType).toMatchObject({ value: null, source });
    expect(env).not.toHaveProperty('OPENBLAS_CORETYPE');
  });
});

describe('a kept verdict', () => {
  const verdict = { coreType: 'Zen', why: 'checked', own: null, chosen: { kernel: 'Zen', gflops: 40 } };
  const torch = { version: '1.13.0', dir: '/usr' };

  it('is of one processor and one torch', () => {
    const here = processor('AuthenticAMD', AVX2);
    const files = [
      verdictFile(dir, here, torch),
      verdictFile(dir, { ...here, model: 'Fast 9001' }, torch),
      verdictFile(dir, { ...here, flags: [...here.flags, 'avx512f'] }, torch),
      verdictFile(dir, here, { ...torch, version: '2.11.0' }),
      verdictFile(dir, null, torch),
    ];
    expect(new Set(files).size).toBe(files.length);
  });

  it('holds while the library is the one that was checked', () => {
    const [file, link] = [join(dir, 'build/kernels/a.json'), join(dir, 'libblas.so.3')];
    for (const name of ['one.so', 'two.so']) writeFileSync(join(dir, name), 'code');
    for (const name of ['one.so', 'two.so']) utimesSync(join(dir, name), 1, 1);
    symlinkSync('one.so', link);
    expect(readVerdict(file)).toBeNull();
    writeVerdict(file, verdict, [link]);
    expect(readVerdict(file)).toEqual(verdict);
    utimesSync(link, 2, 2);
    expect(readVerdict(file)).toBeNull();
    utimesSync(link, 1, 1);
    expect(readVerdict(file)).toEqual(verdict);
    unlinkSync(link);
    expect(readVerdict(file)).toBeNull();
    symlinkSync('two.so', link);
    expect(readVerdict(file)).toBeNull();
  });

  it('that is torn is none', () => {
    const file = join(dir, 'torn.json');
    writeFileSync(file, '{"coreType": "Ze');
    expect(readVerdict(file)).toBeNull();
  });
});
