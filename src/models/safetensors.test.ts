import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import {
  arange,
  type DType,
  dispose,
  empty,
  memory,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
} from '../torch/index.ts';
import { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-safetensors-'));
afterAll(() => rmSync(dir, { recursive: true }));
const at = (name: string): string => path.join(dir, name);

describe('safetensors files', () => {
  it('bring every dtype and shape back bit for bit', async () => {
    const dtypes: DType[] = [
      'float32',
      'bool',
      'bfloat16',
      'int64',
      'float16',
      'uint8',
      'float64',
      'int32',
      'int16',
      'int8',
    ];
    const tensors = new Map<string, Tensor>(
      dtypes.map((dtype) => [dtype, arange(0, 6).view([2, 3]).to(dtype)]),
    );
    tensors.set('scalar', tensor([1.5], []));
    tensors.set('empty', empty([0, 3]));
    tensors.set('transposed', arange(0, 6).view([2, 3]).transpose());
    await writeSafetensors(at('all'), tensors, { step: '3' });
    const { tensors: again, metadata } = readSafetensors(at('all'));
    expect(metadata).toEqual({ format: 'pt', step: '3' });
    expect([...again.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, written] of tensors) {
      const read = again.get(name)!;
      expect([read.dtype, read.shape], name).toEqual([written.dtype, written.shape]);
      expect(Buffer.compare(read.toBytes(), written.toBytes()), name).toBe(0);
    }
    dispose([tensors, again]);
  });

  it('keep every tensor aligned to its element', async () => {
    const tensors = new Map([
      ['bytes', ones([3], { dtype: 'bool' })],
      ['wide', ones([2], { dtype: 'float64' })],
    ]);
    await writeSafetensors(at('aligned'), tensors);
    using file = new SafetensorsFile(at('aligned'));
    expect(file.entries.get('wide')!.start % 8).toBe(0);
    dispose(tensors);
  });

  it('are read in pieces where a tensor is longer than one', async () => {
    const long = randn([5_000_000]);
    await writeSafetensors(at('long'), new Map([['long', long]]));
    const { tensors } = readSafetensors(at('long'));
    expect(scope(() => tensors.get('long')!.eq(long).all().item())).toBe(1);
    dispose([tensors, long]);
    rmSync(at('long'));
  });

  it('are read straight into a tensor, of whatever dtype', async () => {
    await writeSafetensors(at('into'), new Map([['x', tensor([1, 2, 3])]]));
    using file = new SafetensorsFile(at('into'));
    scope(() => {
      for (const dtype of ['float32', 'float64', 'bfloat16'] as const) {
        const target = empty([3], { dtype }).requiresGrad_();
        file.readInto('x', target);
        expect(target.toArray()).toEqual([1, 2, 3]);
      }
      expect(() => file.read('y')).toThrow(/into: it has no tensor "y"/);
    });
  });

  it('replace the file before them whole, or not at all', async () => {
    await writeSafetensors(at('safe'), new Map([['x', tensor([1])]]));
    const before = readFileSync(at('safe'));
    const gone = tensor([2, 3]);
    const tensors = new Map([
      ['x', tensor([1])],
      ['gone', gone],
    ]);
    // The header can still be written; the data cannot.
    const broken = new Map(tensors);
    Object.defineProperty(gone, 'toBytes', {
      value: () => {
        throw new Error('no data');
      },
    });
    await expect(writeSafetensors(at('safe'), broken)).rejects.toThrow('no data');
    expect(readFileSync(at('safe'))).toEqual(before);
    expect(readdirSync(dir).filter((name) => name.includes('.tmp'))).toEqual([]);
    dispose(tensors);
  });

  it('are refused by name when missing, cut short anywhere or no safetensors file', async () => {
    expect(() => new SafetensorsFile(at('missing'))).toThrow(UserError);
    expect(() => new SafetensorsFile(at('missing'))).toThrow(`cannot read ${at('missing')}`);
    await writeSafetensors(at('cut'), new Map([['x', tensor([1, 2, 3])]]));
    const { length } = readFileSync(at('cut'));
    const before = memory().tensors;
    for (const size of [length - 1, length - 12, length - 20, 8, 7, 0]) {
      truncateSync(at('cut'), size);
      expect(() => readSafetensors(at('cut')), String(size)).toThrow(
        new RegExp(`${at('cut')}: .*(bytes|end at)`),
      );
    }
    writeFileSync(at('zip'), Buffer.from('PK\u0003\u0004 this is something else altogether'));
    expect(() => readSafetensors(at('zip'))).toThrow(/its header claims \d+ bytes of a file of \d+/);
    expect(memory().tensors).toBe(before);
  });
});
