/** @file The machine: devices, memory, threads, and what this torch can do. */
import { UsageError, UserError } from '../errors.ts';
import { type CudaDevice, type CudaMemory, native } from './native.ts';
import { hasOperator } from './operator.ts';

export const torchVersion: string = native.torchVersion();

/** Fused operators of newer torch versions, asked for once; without them the same is composed. */
export const features = {
  scaledDotProductAttention: hasOperator('scaled_dot_product_attention'),
  rmsNorm: hasOperator('rms_norm'),
  fusedAdamW: hasOperator('_fused_adamw_'),
} as const;

export interface DeviceReport {
  readonly torchVersion: string;
  readonly threads: number;
  /** The kernel of OpenBLAS in use on the CPU; null where libtorch has another BLAS. */
  readonly kernel: string | null;
  readonly devices: readonly ({ readonly device: string } & Partial<CudaDevice>)[];
  readonly features: typeof features;
  /** What ranks can compute together with: gloo on the CPU, nccl on CUDA. */
  readonly ranks: readonly string[];
  /** torch's own account of how it was built. */
  readonly build: string;
}

/** What `aha doctor` shows of the engine. */
export function deviceReport(): DeviceReport {
  return {
    torchVersion,
    threads: native.threads(),
    kernel: native.blasKernel(),
    devices: [
      { device: 'cpu' },
      ...native.cudaDevices().map((cuda, index) => ({ device: `cuda:${index}`, ...cuda })),
    ],
    features,
    ranks: native.processGroupBackends(),
    build: native.buildInfo(),
  };
}

/**
 * The device a setting means: `auto` is the first CUDA device, else the CPU.
 * @throws UsageError when the device does not exist here
 */
export function resolveDevice(setting: string): string {
  const cuda = native.cudaDevices();
  if (setting === 'auto') return cuda.length > 0 ? 'cuda:0' : 'cpu';
  if (setting === 'cpu') return 'cpu';
  const match = /^cuda(?::(\d+))?$/.exec(setting);
  if (match === null)
    throw new UsageError(`device "${setting}" is unknown`, 'use cpu, cuda, cuda:<index> or auto');
  const index = Number(match[1] ?? 0);
  if (index < cuda.length) return `cuda:${index}`;
  const found =
    cuda.length === 0 ? 'this torch sees no CUDA device' : `there are ${cuda.length} CUDA devices`;
  throw new UsageError(
    `device "${setting}" does not exist: ${found}`,
    'use --device cpu or auto; see `aha doctor`',
  );
}

let capabilities: readonly string[] | null = null;

/** Compute capability of a CUDA device, 8.0 for instance; 0 of the CPU. */
export function computeCapability(device: string): number {
  if (!device.startsWith('cuda')) return 0;
  capabilities ??= native.cudaDevices().map(({ capability }) => capability);
  return Number(capabilities[Number(device.split(':')[1] ?? 0)] ?? 0);
}

/**
 * Whether float32 matrix products of this process may round their factors to TF32, which has 10 bits of mantissa, on a
 * GPU. torch's default is no.
 */
export function allowTf32(allowed: boolean): void {
  native.allowTf32(allowed);
}

/** What allowTf32 set last. */
export function tf32Allowed(): boolean {
  return native.tf32Allowed();
}

/** Threads torch uses inside an operator. */
export function threads(): number {
  return native.threads();
}

/** Sets how many threads torch uses inside an operator. */
export function setThreads(count: number): void {
  native.setThreads(count);
}

/** Gives the system the memory of the CPU that freed tensors have left, which is otherwise kept for the next step. */
export function returnFreedMemory(): void {
  native.returnFreedMemory();
}

/** Waits until the device has done what was asked of it; nothing on the CPU. */
export function synchronize(device: string): void {
  native.synchronize(device);
}

export interface MemoryReport {
  /** Live tensor handles of this thread. */
  readonly tensors: number;
  /** Bytes of the distinct storages behind them, on all devices. */
  readonly bytes: number;
  /** Resident memory of the process, bytes. */
  readonly resident: number;
  readonly cuda?: CudaMemory;
}

/** Live tensors and the memory behind them; with a CUDA device, its allocator's figures too. */
export function memory(device = 'cpu'): MemoryReport {
  const live = native.liveMemory();
  const resident = process.memoryUsage.rss();
  return device.startsWith('cuda')
    ? { ...live, resident, cuda: native.cudaMemory(device) }
    : { ...live, resident };
}

/** Measures the peak of a CUDA device's memory anew, from what tensors hold now. */
export function resetPeak(device: string): void {
  native.cudaResetPeak(device);
}

/** Gives cached device memory back to the driver. */
export function emptyCache(): void {
  native.cudaEmptyCache();
}

/**
 * Turns torch's out-of-memory errors into one that says how much was asked and which setting lowers it.
 * @param remedy - e.g. "lower `update.tokensPerMicroBatch`"
 */
export function explainOutOfMemory<T>(remedy: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw outOfMemory(error, remedy);
  }
}

/** As explainOutOfMemory, of what is not done at once. */
export async function explainOutOfMemoryOf<T>(remedy: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw outOfMemory(error, remedy);
  }
}

/** The error that explains this one; others as they are. */
function outOfMemory(cause: unknown, remedy: string): unknown {
  if (!(cause instanceof Error) || (cause as { code?: string }).code !== 'ERR_OUT_OF_MEMORY') return cause;
  const asked = /tried to allocate ([\d.]+ ?\w+)/i.exec(cause.message)?.[1] ?? 'an unknown amount';
  const message = cause.message.split('\n')[0] ?? '';
  return new UserError(`out of memory: ${asked} more was asked for (${message})`, remedy, { cause });
}
