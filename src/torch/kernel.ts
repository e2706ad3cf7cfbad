/**
 * @file FusedOperator: an operator with a gradient, made of kernels that are compiled when they are first needed.
 *
 * A plan says which tensors an operator reads, returns and keeps for its gradient, and which kernels it launches, forward
 * and backward. Kernels are compiled once for a device and a set of definitions, by the compiler that libtorch brings
 * (NVRTC). Where they do not run (on a CPU, with `AHA_KERNELS=0`, in another dtype, or where one does not compile) `run`
 * returns null, and the caller computes the same with torch's operators.
 */
import { type DType, itemSize } from './dtype.ts';
import { recordsHistory } from './grad.ts';
import { PRELUDE } from './kernel-source.ts';
import { type NativeLaunch, type NativeSpec, native } from './native.ts';
import { computeCapability } from './system.ts';
import { Tensor } from './tensor.ts';

/** A tensor of a plan. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface ScratchSpec extends Spec {
  /** The input whose gradient alone needs it: a kernel gets a null pointer where that gradient is not wanted. */
  readonly only?: string;
}

/**
 * What a kernel is called with: a tensor by its name, from an element on; an int; a float; null for a null pointer. `d_x` is
 * the gradient of x. A gradient that is not wanted, or of an output that nobody used, is a null pointer too.
 */
export type LaunchArgument =
  | null
  | string
  | { readonly of: string; readonly from: number }
  | { readonly int: number }
  | { readonly float: number };

export interface Launch {
  readonly kernel: string;
  /** Blocks. */
  readonly grid: readonly number[];
  /** Of a block. */
  readonly threads: number;
  readonly args: readonly LaunchArgument[];
}

/** Sums the rows of a float32 tensor [rows, columns] into a vector of T, from an element on. */
export function sumRows(partial: string, out: LaunchArgument, rows: number, columns: number): Launch {
  const args = [partial, out, { int: rows }, { int: columns }];
  return { kernel: 'sum_rows', grid: [Math.ceil(columns / 32)], threads: 256, args };
}

type Specs = Readonly<Record<string, Spec>>;

/** An operator for tensors of given shapes. Inputs reach the kernels contiguous and aligned to 16 bytes. */
export interface Plan {
  /** Macros that the kernels are compiled with. */
  readonly defines: Readonly<Record<string, number>>;
  readonly inputs: Specs;
  readonly outputs: Specs;
  /** Made by the forward kernels for the backward ones. */
  readonly kept?: Specs;
  readonly scratch?: Readonly<Record<string, ScratchSpec>>;
  /** Inputs whose gradient is that of another input. */
  readonly equal?: Readonly<Record<string, string>>;
  /**
   * Inputs that the forward kernels write in place. Other inputs are copied where they are not contiguous and aligned; for
   * one of these that is an error, since what is written into a copy would be lost.
   */
  readonly written?: readonly string[];
  readonly forward: readonly Launch[];
  /** A kernel none of whose gradients is wanted is left out. */
  readonly backward: readonly Launch[];
}

/** Compiles kernels for the CPU, in tests. */
type HostCompiler = (source: string, names: readonly string[]) => readonly unknown[];

let hostCompiler: HostCompiler | null = null;

/** Makes kernels run on the CPU too, or with null no longer: for tests. */
export function compileOnHost(compiler: HostCompiler | null): void {
  hostCompiler = compiler;
}

let wanted = process.env.AHA_KERNELS !== '0';

/** Runs `fn` with torch's operators in place of kernels, to compare them. */
export function withoutKernels<T>(fn: () => T): T {
  const before = wanted;
  wanted = false;
  try {
    return fn();
  } finally {
    wanted = before;
  }
}

/** Whether kernels run for tensors of a dtype on a device. */
export function runsKernels(device: string, dtype: DType): boolean {
  if (dtype !== 'bfloat16' && dtype !== 'float32') return false;
  if (device === 'cpu') return hostCompiler !== null;
  return wanted && device.startsWith('cuda') && computeCapability(device) >= 8;
}

/** Whether the addon's operators for a CPU, which have no gradient and take float32 alone, run in place of torch's. */
export function runsOnCpu(x: Tensor): boolean {
  return wanted && !recordsHistory() && x.dtype === 'float32' && x.device === 'cpu';
}

/** Plans kept of one operator: one for each shape. */
const MOST_PLANS = 512;

/** Makes the plan for inputs; null where the kernels do not take them. */
type Planner<Key> = (inputs: readonly Spec[], ...key: Key[]) => Plan | null;

export class FusedOperator<Key extends number | string = never> {
  readonly #name: string;
  readonly #source: string;
  readonly #planner: Planner<Key>;
  readonly #plans = new Map<string, unknown>();
  readonly #compiled = new Map<string, Map<string, unknown>>();
  #failed = false;

  /**
   * @param source - of its kernels, `extern "C" __global__` functions
   * @param planner - called once for inputs of the same shapes and dtypes and the same `key`
   */
  constructor(name: string, source: string, planner: Planner<Key>) {
    this.#name = name;
    this.#source = source;
    this.#planner = planner;
  }

  /**
   * The outputs; null where kernels do not run.
   * @param inputs - the first decides on the device, and on T
   * @param key - what else the plan depends on
   */
  run(inputs: readonly Tensor[], ...key: Key[]): Tensor[] | null {
    const [{ device, dtype }] = inputs as readonly [Tensor];
    if (this.#failed || !runsKernels(device, dtype)) return null;
    const specs = inputs.map((input): Spec => ({ shape: input.shape, dtype: input.dtype }));
    const shapes = specs.map((spec) => `${spec.dtype} ${spec.shape.join(' ')}`);
    const name = `${device} ${shapes.join()} ${key.join()}`;
    let plan = this.#plans.get(name);
    if (plan === undefined) {
      plan = this.#prepare(device, dtype, this.#planner(specs, ...key));
      if (this.#plans.size >= MOST_PLANS) this.#plans.clear();
      this.#plans.set(name, plan);
    }
    if (plan === null) return null;
    const handles = inputs.map(({ handle }) => handle);
    return native.kernelRun(plan, handles).map((handle) => new Tensor(handle));
  }

  /** null where a kernel does not compile, which is said once. */
  #prepare(device: string, dtype: DType, plan: Plan | null): unknown {
    if (plan === null) return null;
    try {
      return native.kernelPlan(numbered(this.#name, plan, this.#kernels(device, dtype, plan)));
    } catch (error) {
      this.#failed = true;
      reportFailure(this.#name, error);
      return null;
    }
  }

  #kernels(device: string, dtype: DType, { defines, forward, backward }: Plan): Map<string, unknown> {
    const macros = Object.entries(defines).map(([macro, value]) => `#define ${macro} ${value}\n`);
    const names = [...new Set([...forward, ...backward].map(({ kernel }) => kernel))];
    const key = `${device} ${dtype} ${names.join(' ')} ${macros.join('')}`;
    let kernels = this.#compiled.get(key);
    if (kernels === undefined) {
      kernels = compileKernels(device, dtype, macros.join('') + PRELUDE + this.#source, names);
      this.#compiled.set(key, kernels);
    }
    return kernels;
  }
}

/** Says that a kernel does not compile. */
export function reportFailure(name: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(`the kernel ${name} is not used, torch's operators are: ${reason}`);
}

/** Compiles functions of a source for tensors of a dtype. */
export function compileKernels(
  device: string,
  dtype: DType,
  source: string,
  names: readonly string[],
): Map<string, unknown> {
  const whole = dtype === 'bfloat16' ? `#define BF16\n${source}` : source;
  const made =
    device === 'cpu' ? hostCompiler!(whole, names) : native.kernelCompile(device, whole, names, []);
  return new Map(names.map((name, i) => [name, made[i]]));
}

/** A plan with numbers in place of names. */
function numbered(name: string, plan: Plan, kernels: ReadonlyMap<string, unknown>) {
  const { inputs, outputs, kept = {}, scratch = {}, equal = {}, written = [] } = plan;
  const names = [inputs, outputs, kept].flatMap((specs) => Object.keys(specs));
  const gradients = [outputs, inputs].flatMap((specs) => Object.keys(specs).map((one) => `d_${one}`));
  const all = [...names, ...gradients, ...Object.keys(scratch)];
  const dtypes = [inputs, outputs, kept, outputs, inputs, scratch].flatMap((specs) =>
    Object.values(specs).map(({ dtype }) => dtype),
  );
  const find = (one: string): number => {
    const index = all.indexOf(one);
    if (index < 0) throw new RangeError(`${name}: a launch names "${one}", which the plan does not have`);
    return index;
  };
  const lower = (argument: LaunchArgument): NativeLaunch['args'][number] => {
    if (typeof argument === 'string') return { value: find(argument), offset: 0 };
    if (argument === null || !('of' in argument)) return argument;
    const value = find(argument.of);
    return { value, offset: argument.from * itemSize[dtypes[value]!] };
  };
  const lowered = (launches: readonly Launch[]): NativeLaunch[] =>
    launches.map(({ kernel, grid, threads, args }) => ({
      kernel: kernels.get(kernel),
      grid,
      threads,
      args: args.map(lower),
    }));
  const read = new Set(plan.backward.flatMap(({ args }) => args.map(nameOf)));
  const returned = Object.keys(inputs).length + Object.keys(outputs).length;
  return {
    name,
    inputs: Object.values(inputs),
    outputs: Object.values(outputs),
    kept: Object.values(kept),
    gradients: Object.entries(inputs).map(([one, spec]): NativeSpec => {
      const other = equal[one];
      return other === undefined ? spec : { ...spec, equal: Object.keys(inputs).indexOf(other) };
    }),
    scratch: Object.values(scratch).map(({ only, ...spec }): NativeSpec => {
      return only === undefined ? spec : { ...spec, only: Object.keys(inputs).indexOf(only) };
    }),
    written: written.map((one) => find(one)),
    saved: names.slice(0, returned).flatMap((one, i) => (read.has(one) ? [i] : [])),
    forward: lowered(plan.forward),
    backward: lowered(plan.backward),
  };
}

function nameOf(argument: LaunchArgument): string | null {
  if (typeof argument === 'string' || argument === null) return argument;
  return 'of' in argument ? argument.of : null;
}
