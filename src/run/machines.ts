/**
 * @file The machines a run was computed on: `machines.json` in the run directory, the first one first.
 *
 * Another processor, kernel, number of threads or torch adds numbers up in another order. Results stay as good, but are
 * no longer the same bits.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeJsonAtomic } from './atomic.ts';

/** What the bits of a result depend on beside the recipe. */
export interface Machine {
  /** `cpu`, or the GPU's name. */
  readonly device: string;
  /** Version of libtorch. */
  readonly torch: string;
  readonly processor: string;
  /** Threads inside an operator. */
  readonly threads: number;
  /** Processes that compute together; left out where there is one. */
  readonly ranks?: number;
  /** The kernel of OpenBLAS in use; null where libtorch has another BLAS. */
  readonly kernel: string | null;
  /** Value of OPENBLAS_CORETYPE; null where OpenBLAS chose the kernel. */
  readonly coreType: string | null;
}

const FILE = 'machines.json';

/** What the bits do not depend on where a GPU computes. */
const ONLY_ON_CPU: readonly (keyof Machine)[] = ['processor', 'threads', 'kernel', 'coreType'];

/** The machines of a run, in the order they worked on it; empty where none was recorded. */
export function readMachines(dir: string): Machine[] {
  const file = path.join(dir, FILE);
  if (!existsSync(file)) return [];
  return JSON.parse(readFileSync(file, 'utf8')) as Machine[];
}

/**
 * Adds a machine to a run's, unless it is the last one already.
 *
 * @returns what differs from the last one in a way that changes bits, one line each: `kernel: Prescott there, Zen now`
 */
export async function recordMachine(dir: string, machine: Machine): Promise<string[]> {
  const machines = readMachines(dir);
  const last = machines.at(-1);
  const keys = Object.keys({ ...last, ...machine }) as (keyof Machine)[];
  const differing = keys.filter((key) => last?.[key] !== machine[key]);
  if (differing.length > 0) await writeJsonAtomic(path.join(dir, FILE), [...machines, machine]);
  if (last === undefined) return [];
  const onCpu = last.device === 'cpu' || machine.device === 'cpu';
  return differing
    .filter((key) => onCpu || !ONLY_ON_CPU.includes(key))
    .map((key) => `${key}: ${show(last[key])} there, ${show(machine[key])} now`);
}

function show(value: string | number | null | undefined): string {
  return value === null || value === undefined ? 'not set' : String(value);
}
