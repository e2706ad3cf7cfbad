/** @file The hardware a recipe is made for, and how much of its memory training may use. */
import { totalmem } from 'node:os';
import { UsageError } from '../../errors.ts';
import type { DeviceReport } from '../../torch/index.ts';

/** A CPU or a GPU, here or elsewhere. */
export interface Hardware {
  readonly kind: 'cpu' | 'gpu';
  readonly name: string;
  readonly bytes: number;
  /** Bytes that training may take by the count of the dry run. */
  readonly usable: number;
  readonly isHere: boolean;
}

/** What CUDA and its libraries hold themselves, and gaps between tensors: measured peaks were up to 3 % above the count. */
const GPU_OVERHEAD = 2 ** 30;
const GPU_SHARE = 0.97;
/** The system and other programs have the rest. */
const CPU_SHARE = 0.75;

function hardware(kind: Hardware['kind'], name: string, bytes: number, isHere: boolean): Hardware {
  const usable = kind === 'cpu' ? CPU_SHARE * bytes : GPU_SHARE * (bytes - GPU_OVERHEAD);
  return { kind, name, bytes, usable, isHere };
}

/** The GPU that `auto` means, if there is one, and the CPU. */
export function hardwareHere(devices: DeviceReport['devices'], memory = cpuMemory()): Hardware[] {
  const gpu = devices.find(({ device }) => device === 'cuda:0');
  const cpu = hardware('cpu', 'the CPU', memory, true);
  return gpu === undefined ? [cpu] : [hardware('gpu', gpu.name!, gpu.totalBytes!, true), cpu];
}

/** Memory of this machine, or what a container may use of it. */
function cpuMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * The hardware that options name.
 * @param here - what was found, the preferred one first
 * @param named - `auto`, `cpu` or `gpu`
 * @param gibibytes - memory of a GPU that need not be here, or a limit for the CPU
 * @throws UsageError for a GPU that is not here and whose memory is not given
 */
export function chooseHardware(here: readonly Hardware[], named: string, gibibytes?: number): Hardware {
  if (!['auto', 'cpu', 'gpu'].includes(named)) {
    throw new UsageError(`${named}: no kind of hardware`, 'Choose auto, cpu or gpu.');
  }
  const bytes = gibibytes === undefined ? undefined : gibibytes * 2 ** 30;
  const found = named === 'auto' ? here[0]! : here.find(({ kind }) => kind === named);
  if (found !== undefined) return bytes === undefined ? found : hardware(found.kind, found.name, bytes, true);
  if (bytes !== undefined) return hardware('gpu', 'a GPU', bytes, false);
  throw new UsageError(
    '--hardware gpu: this machine has no GPU that libtorch sees',
    'To plan for one elsewhere, say how much memory it has: --hardware gpu --memory 24. See also aha doctor.',
  );
}
