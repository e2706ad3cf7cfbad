import { describe, expect, it } from 'vitest';
import { arange, aten, ones, tensor } from './functional.ts';
import { native } from './native.ts';
import { callNative, hasOperator, placeNamed, schemaOf } from './operator.ts';
import { scope } from './scope.ts';
import { memory } from './system.ts';
import type { Tensor } from './tensor.ts';

describe('schemas', () => {
  it('are taken apart', () => {
    const schema = schemaOf('sum.dim_IntList');
    expect(schema.text).toMatch(/^aten::sum\.dim_IntList\(Tensor self, int\[1\]\?? dim/);
    expect(schema.arguments.map(({ name }) => name)).toEqual(['self', 'dim', 'keepdim', 'dtype']);
    expect(schema.arguments[2]).toEqual({ name: 'keepdim', type: 'bool', optional: false, hasDefault: true });
    expect(schema.arguments[3]).toMatchObject({ type: 'ScalarType?', optional: true, hasDefault: true });
    expect(schema.returns).toEqual(['Tensor']);
  });

  it('are there or not', () => {
    expect([hasOperator('add.Tensor'), hasOperator('aten::add.Tensor'), hasOperator('add.Tenser')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => schemaOf('add.Tenser')).toThrow('this torch has no operator "aten::add.Tenser"');
    expect(() => aten('no::such')()).toThrow('this torch has no operator "no::such"');
  });

  // A type outside this grammar would have no conversion: it must be named here before a new torch brings it in.
  it('of every operator of this torch ask only for kinds of arguments that can be given', () => {
    const kinds =
      'Tensor|int|SymInt|float|SymFloat|bool|SymBool|str|complex|Scalar|ScalarType|Layout|MemoryFormat|Device|Generator';
    const opaque = 'Storage|Stream|Any|QScheme|__torch__\\.torch\\.classes\\.[\\w.]+';
    const grammar = new RegExp(`^(${kinds}|${opaque})(\\?|\\[\\])*$`);
    const names = native.operatorNames();
    expect(names.length).toBeGreaterThan(3000);
    const foreign = names.flatMap((name) =>
      native
        .schema(native.operator(name))
        .arguments.filter(({ type, optional }) => !grammar.test(type) || optional !== type.endsWith('?'))
        .map((argument) => `${name}: ${argument.type} ${argument.name}`),
    );
    expect(foreign).toEqual([]);
  });
});

describe('an operator without a kernel', () => {
  it('is named in two lines, without the list of every backend', () => {
    scope(() => {
      const sparse = aten('to_sparse')(tensor([1, 0])) as Tensor;
      const call = () => aten('exp')(sparse);
      expect(call).toThrow(
        /^aten::exp: Could not run 'aten::exp' .*'SparseCPU' backend: this torch has no kernel/,
      );
      expect(call).toThrow(/^.*\n {2}schema: aten::exp\(Tensor self\) -> Tensor$/);
    });
  });
});

describe('arguments', () => {
  const x = (): Tensor => tensor([1, 2, 3, 4], [2, 2]);
  const numbers = (result: unknown): number[] => (result as Tensor).toArray();

  it('convert from JavaScript by the schema', () => {
    scope(() => {
      // Tensor, Scalar (whole, broken, boolean), int, bool
      expect(numbers(aten('add.Scalar')(x(), 1, 2))).toEqual([3, 4, 5, 6]);
      expect(numbers(aten('mul.Scalar')(x(), 0.5))).toEqual([0.5, 1, 1.5, 2]);
      expect(numbers(aten('mul.Scalar')(x(), true))).toEqual([1, 2, 3, 4]);
      expect(numbers(aten('sum.dim_IntList')(x(), [0], true))).toEqual([4, 6]);
      // int[1]: one number stands for a list
      expect(numbers(aten('sum.dim_IntList')(x(), 1))).toEqual([3, 7]);
      // dtype by name; device and layout by name; null and undefined for optional ones
      expect((aten('sum')(x(), 'float64') as Tensor).dtype).toBe('float64');
      expect((aten('zeros')([1], 'int64', 'strided', 'cpu', null) as Tensor).dtype).toBe('int64');
      expect((aten('zeros')([1]) as Tensor).dtype).toBe('float32');
      expect(numbers(aten('clamp')(x(), undefined, 3))).toEqual([1, 2, 3, 3]);
      expect(numbers(aten('clamp')(x(), 2, null))).toEqual([2, 2, 3, 4]);
      // memory format, string, float[]
      expect((aten('clone')(x(), { memory_format: 'contiguous' }) as Tensor).shape).toEqual([2, 2]);
      expect(numbers(aten('gelu')(tensor([0]), 'tanh'))).toEqual([0]);
      expect(numbers(aten('histc')(x(), 2, 0, 4))).toEqual([1, 3]);
      // Tensor[], Tensor?[], optional Tensor
      expect(numbers(aten('cat')([x(), x()], 1))).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
      expect(numbers(aten('index.Tensor')(x(), [null, arange(1, 2)]))).toEqual([2, 4]);
      expect(numbers(aten('linear')(x(), x(), null))).toEqual([5, 11, 11, 25]);
      // BigInt
      expect((aten('full')([1], 2n ** 60n, 'int64') as Tensor).toBytes()).toEqual(
        new Uint8Array(BigInt64Array.of(2n ** 60n).buffer),
      );
      // bool[]
      const [dx, dw, db] = aten('native_layer_norm_backward')(
        ones([1, 2]),
        tensor([1, 3], [1, 2]),
        [2],
        tensor([2], [1, 1]),
        tensor([1], [1, 1]),
        ones([2]),
        ones([2]),
        [false, true, false],
      ) as [Tensor | null, Tensor, Tensor | null];
      expect([dx, numbers(dw), db]).toEqual([null, [-1, 1], null]);
    });
  });

  it('keep integers integer', () => {
    scope(() => {
      expect((aten('add.Scalar')(arange(0, 2), 1) as Tensor).dtype).toBe('int64');
      expect((aten('add.Scalar')(arange(0, 2), 1.5) as Tensor).dtype).toBe('float32');
      expect(numbers(aten('div.Scalar')(tensor([1]), -0))).toEqual([-Infinity]);
    });
  });

  it('pass opaque values on: a storage', () => {
    scope(() => {
      const [source, target] = [x(), ones([1])];
      const storage = native.storage(source.handle);
      aten('set_.source_Storage')(target, storage);
      native.releaseValue(storage);
      expect(target.toArray()).toEqual([1, 2, 3, 4]);
      expect(() => aten('set_.source_Storage')(target, null)).toThrow(/argument "source" \(Storage\)/);
    });
  });

  it.each([
    [
      'a missing tensor',
      () => aten('add.Tensor')(x()),
      /^aten::add\.Tensor: argument "other" \(Tensor\): missing/,
    ],
    [
      'null for a tensor',
      () => aten('add.Tensor')(x(), null),
      /argument "other" \(Tensor\): expected a Tensor, got null/,
    ],
    ['a number for a tensor', () => aten('add.Tensor')(x(), 3), /expected a Tensor, got/],
    ['a string for a number', () => aten('add.Scalar')(x(), 'one'), /argument "other" \(Scalar\)/],
    [
      'a broken number for an int',
      () => aten('select.int')(x(), 0, 0.5),
      /argument "index" \((Sym)?[Ii]nt\)/,
    ],
    ['a string for a bool', () => aten('sum.dim_IntList')(x(), [0], 'yes'), /argument "keepdim" \(bool\)/],
    [
      'a tensor for a list',
      () => aten('cat')(x()),
      /argument "tensors" \(Tensor\[\]\): expected an array of Tensors/,
    ],
    [
      'a hole in a list',
      () => aten('cat')([x(), null]),
      /argument "tensors" \(Tensor\[\]\): expected a Tensor, got null/,
    ],
    [
      'an unknown dtype',
      () => aten('sum')(x(), 'float8'),
      /argument "dtype" \(ScalarType\?\): unknown dtype "float8"/,
    ],
    ['too many arguments', () => aten('relu')(x(), 1), /aten::relu: takes at most 1 arguments, got 2/],
    ['what the operator itself refuses', () => aten('view')(x(), [3]), /^aten::view: .*invalid/],
  ])('refuse %s, naming operator, argument and schema', (_, act, message) => {
    scope(() => {
      expect(act).toThrow(message);
      expect(act).toThrow(/\n {2}schema: aten::\w+/);
    });
  });

  it('leave nothing behind when a call fails', () => {
    scope(() => {
      const a = x();
      const before = memory().tensors;
      expect(() => aten('matmul')(a, ones([3]))).toThrow(/aten::matmul/);
      expect(memory().tensors).toBe(before + 1);
    });
  });
});

describe('callNative', () => {
  it('gives handles as they are', () => {
    const handle = callNative('zeros', [[2]]) as number;
    expect(native.isLive(handle)).toBe(true);
    expect(native.shape(handle)).toEqual([2]);
    native.release(handle);
    expect(native.isLive(handle)).toBe(false);
    expect(() => native.release(handle)).toThrow('the tensor was disposed of');
    expect(() => native.shape(12)).toThrow('not a tensor');
  });
});

describe('placeNamed', () => {
  it('leaves defaults where nothing was named', () => {
    expect(placeNamed('sum.dim_IntList', [1], { dtype: 'float64' })).toEqual([
      1,
      undefined,
      undefined,
      'float64',
    ]);
  });
});
