/**
 * @file The binary boundary, in one type. Nothing outside this folder imports it.
 *
 * Tensors, generators and opaque values cross it as numbers (handles that carry a generation, so that a stale one
 * is recognised); see native/src/instance.h. Loading sets OpenMP's waiting policy and OpenBLAS's kernel first: the
 * libraries read them once.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyThreadPolicy, currentAddon, SETUP_COMMAND } from '../../setup/status.mjs';
import { UserError } from '../errors.ts';

/** A live tensor, generator or opaque value on the native side. */
export type Handle = number;

/** What an operator's schema asks for, as JavaScript gives it. */
export type NativeArgument =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | { readonly re: number; readonly im: number }
  | readonly NativeArgument[];

export type NativeResult = undefined | null | boolean | number | bigint | string | NativeResult[];

/** An operator's schema, taken apart. */
export interface OperatorSchema {
  readonly text: string;
  readonly arguments: readonly { name: string; type: string; optional: boolean; hasDefault: boolean }[];
  readonly returns: readonly string[];
}

export interface CudaDevice {
  readonly name: string;
  readonly totalBytes: number;
  readonly capability: string;
}

export interface CudaMemory {
  readonly allocated: number;
  readonly peak: number;
  readonly reserved: number;
  readonly free: number;
  readonly total: number;
}

/** The addon's functions, as native/src exports them. */
export interface Native {
  operator(name: string): number;
  hasOperator(name: string): boolean;
  operatorNames(): string[];
  schema(operator: number): OperatorSchema;
  call(operator: number, ...args: NativeArgument[]): NativeResult;

  release(tensor: Handle): void;
  /** Releases the first `count` of these handles. */
  releaseAll(tensors: Float64Array, count: number): void;
  releaseValue(value: Handle): void;
  isLive(tensor: Handle): boolean;
  shape(tensor: Handle): number[];
  strides(tensor: Handle): number[];
  dtype(tensor: Handle): string;
  device(tensor: Handle): string;
  dataPointer(tensor: Handle): number | bigint;
  item(tensor: Handle): number | bigint | boolean;
  fromData(
    data: ArrayBufferView | ArrayBuffer,
    dtype: string,
    shape: readonly number[],
    device: string,
  ): Handle;
  toData(tensor: Handle): ArrayBuffer;
  writeBytes(tensor: Handle, byteOffset: number, data: ArrayBufferView): void;
  view(tensor: Handle): ArrayBuffer;
  storage(tensor: Handle): Handle;
  currentStream(device: string): Handle;
  liveMemory(): { tensors: number; bytes: number };

  requiresGrad(tensor: Handle): boolean;
  setRequiresGrad(tensor: Handle, value: boolean): void;
  grad(tensor: Handle): Handle | null;
  setGrad(tensor: Handle, grad: Handle | null): void;
  backward(
    outputs: readonly Handle[],
    gradients?: readonly Handle[] | null,
    retain?: boolean,
    create?: boolean,
  ): void;
  gradients(
    outputs: readonly Handle[],
    inputs: readonly Handle[],
    gradients?: readonly Handle[] | null,
    retain?: boolean,
    create?: boolean,
    allowUnused?: boolean,
  ): (Handle | null)[];
  setGradEnabled(enabled: boolean): boolean;

  generator(device: string, seed: number | bigint): Handle;
  releaseGenerator(generator: Handle): void;
  generatorSeed(generator: Handle): number | bigint;
  generatorState(generator: Handle): Handle;
  setGeneratorState(generator: Handle, state: Handle): void;
  manualSeed(seed: number | bigint): void;

  torchVersion(): string;
  buildInfo(): string;
  /** The kernel of OpenBLAS in use; null where libtorch has another BLAS. */
  blasKernel(): string | null;
  /** Fused attention never takes cuDNN's kernels from now on. Whether this torch has a switch for that. */
  avoidCudnnAttention(): boolean;
  /** Whether float32 matrix products may round their factors to TF32 on a GPU. */
  tf32Allowed(): boolean;
  allowTf32(allowed: boolean): void;
  /** Operators give the same bits each time from now on, and those that cannot throw. */
  useDeterministic(on: boolean): void;
  deterministic(): boolean;
  /** The allocator of the CPU keeps what is freed for the next step, instead of returning it to the system. */
  keepFreedMemory(): void;
  /** Gives the system what keepFreedMemory has kept so far. */
  returnFreedMemory(): void;
  threads(): number;
  setThreads(count: number): void;
  endOnSecondInterrupt(lastWords: string): void;
  forgetInterrupts(): void;

  cudaDevices(): CudaDevice[];
  cudaMemory(device: string): CudaMemory;
  cudaResetPeak(device: string): void;
  cudaEmptyCache(): void;
  synchronize(device: string): void;
  graphPool(): unknown;
  graphBegin(device: string, pool: unknown): unknown;
  graphEnd(graph: unknown): void;
  graphReplay(graph: unknown): void;
  graphReset(graph: unknown): void;
  eventRecord(device: string): unknown;
  eventWait(event: unknown): void;

  /** The backends of process groups that were compiled in. Without any, the functions below are not there. */
  processGroupBackends(): ('gloo' | 'nccl')[];
  rankStore(
    host: string,
    port: number,
    isHost: boolean,
    prefix: string,
    size: number,
    timeoutMs: number,
  ): unknown;
  processGroup(
    store: unknown,
    backend: string,
    rank: number,
    size: number,
    timeoutMs: number,
    place: string,
  ): unknown;
  releaseGroup(group: unknown): void;
  groupAllReduce(group: unknown, tensor: Handle, op: string): unknown;
  groupBroadcast(group: unknown, tensor: Handle, root: number): unknown;
  groupAllGather(group: unknown, into: readonly Handle[], from: Handle): unknown;
  groupReduceScatter(group: unknown, into: Handle, from: readonly Handle[]): unknown;
  groupAllToAll(group: unknown, into: readonly Handle[], from: readonly Handle[]): unknown;
  groupBarrier(group: unknown): unknown;
  groupWait(work: unknown): void;
  groupIsDone(work: unknown): boolean;

  kernelCompile(
    device: string,
    source: string,
    names: readonly string[],
    options: readonly string[],
  ): unknown[];
  kernelLoad(library: string, names: readonly string[]): unknown[];
  kernelPlan(plan: NativePlan): unknown;
  kernelRun(plan: unknown, inputs: readonly Handle[]): Handle[];
  accumulateInto(leaf: Handle, target: Handle, launches: readonly NativeLaunch[]): unknown;
  releaseAccumulation(accumulation: unknown): void;
}

/** A tensor that a plan reads or makes. */
export interface NativeSpec {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly zeroed?: boolean | undefined;
  /** Of scratch: the input whose gradient alone needs it. */
  readonly only?: number | undefined;
  /** Of a gradient: the input whose gradient is the same tensor. */
  readonly equal?: number | undefined;
}

/** One kernel and what it is called with: a value of the plan from a byte on, a number, or null for a null pointer. */
export interface NativeLaunch {
  readonly kernel: unknown;
  readonly grid: readonly number[];
  readonly threads: number;
  readonly args: readonly (
    | null
    | { readonly value: number; readonly offset: number }
    | { readonly int: number }
    | { readonly float: number }
  )[];
}

/** An operator made of kernels, see native/src/kernels.h for how its values are numbered. */
export interface NativePlan {
  readonly name: string;
  readonly inputs: readonly NativeSpec[];
  readonly outputs: readonly NativeSpec[];
  readonly kept: readonly NativeSpec[];
  readonly gradients: readonly NativeSpec[];
  readonly scratch: readonly NativeSpec[];
  readonly saved: readonly number[];
  /** Inputs that the forward launches write in place. */
  readonly written: readonly number[];
  readonly forward: readonly NativeLaunch[];
  readonly backward: readonly NativeLaunch[];
}

/** Root of the package: the folder that holds package.json, both from src/ and from dist/. */
export const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Threads inside an operator: `AHA_THREADS`, else `OMP_NUM_THREADS`, else all cores this process may use. */
export function defaultThreads(): number {
  return Number(process.env.AHA_THREADS ?? process.env.OMP_NUM_THREADS) || availableParallelism();
}

/** glibc's own settings of its allocator: who set one of them is obeyed. */
const MALLOC_SETTINGS = ['MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_', 'GLIBC_TUNABLES'];

function load(): Native {
  const record = currentAddon();
  if (record === null) {
    throw new UserError(`the native addon is not built in ${packageRoot}`, `Run: ${SETUP_COMMAND}`, {
      exitCode: 2,
    });
  }
  applyThreadPolicy();
  try {
    const addon = createRequire(import.meta.url)(record.path) as Native;
    // Not left to the library: Debian's build starts with one thread whatever the machine has.
    addon.setThreads(defaultThreads());
    if (!MALLOC_SETTINGS.some((name) => process.env[name] !== undefined)) addon.keepFreedMemory();
    // It plans each new shape anew, 50 to 100 ms, and a decoding step always has one; torch prefers it in half precision.
    addon.avoidCudnnAttention();
    return addon;
  } catch (cause) {
    throw new UserError(
      `cannot load the native addon ${record.path} (torch ${record.torchVersion} from ${record.torchDir})`,
      `Run again: ${SETUP_COMMAND}. aha doctor shows what was found.`,
      { cause, exitCode: 2 },
    );
  }
}

/** The addon of this thread. */
export const native: Native = load();
