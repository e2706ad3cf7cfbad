/**
 * @file The run's `report.json`: what was run, on what, and what each stage measured, base first.
 *
 * ```json
 * {"recipe": "r1-zero-tiny", "seed": 1, "date": "2025-01-20T09:30:00.000Z",
 *  "hardware": {"cpu": "…", "cores": 2, "device": "cpu", "torch": "1.13.1"}, "seconds": 171.3,
 *  "stages": [{"name": "base", "greedy": 0.24, "passAt1": 0.15, "passAt1Interval": [0.13, 0.18], "passAt16": 0.86,
 *              "formatRate": 0.17, "meanLength": 8.6, …}, {"name": "zero", …}],
 *  "comparisons": [{"from": "base", "to": "zero", "passAt1": {"difference": 0.58, "pValue": 0.0005, …}, …}],
 *  "training": [{"name": "zero", "steps": 60, "seconds": 140.2, "secondsUpdate": 61.9, "modelBytes": 11493376, …}]}
 * ```
 */
import { availableParallelism, cpus } from 'node:os';
import type { Interval } from './bootstrap.ts';
import type { Comparison } from './paired.ts';
import type { StageReport } from './summary.ts';
import type { TrainingReport } from './training.ts';

/** What the figures were measured on. */
export interface Hardware {
  /** Model name of the processor. */
  readonly cpu: string;
  /** Logical cores this process may use. */
  readonly cores: number;
  /** `cpu`, or the accelerator with its name. */
  readonly device: string;
  /** Version of libtorch. */
  readonly torch: string;
  /** Kernel of OpenBLAS, on which the speed of a CPU depends; null where libtorch has another BLAS, absent in old reports. */
  readonly kernel?: string | null;
}

/** How far a reward model agrees with judgements it was not trained on; null where none were held out. */
export interface RewardModelEntry {
  readonly name: string;
  readonly accuracy: number | null;
  readonly accuracyInterval: Interval | null;
  /** Judgements held out. */
  readonly heldOut: number;
}

/** `report.json`. */
export interface RunReport {
  readonly recipe: string;
  readonly seed: number;
  /** When the run ended (ISO 8601, UTC). */
  readonly date: string;
  readonly hardware: Hardware;
  /** Wall-clock time of the run, sittings before a resume included. */
  readonly seconds: number;
  readonly stages: readonly StageReport[];
  /** Every two stages, the earlier one first. */
  readonly comparisons: readonly Comparison[];
  /** Time and memory of the stages that trained by reinforcement learning. */
  readonly training: readonly TrainingReport[];
  /** Only where some were trained. */
  readonly rewardModels?: readonly RewardModelEntry[];
}

/** What the caller of `buildReport` knows. */
export interface RunFacts {
  readonly recipe: string;
  readonly seed: number;
  readonly date: Date;
  readonly hardware: Hardware;
  readonly seconds: number;
}

/**
 * Puts the report together; stages keep their order, base first.
 *
 * @throws RangeError when a figure is not finite: JSON has no such number
 */
export function buildReport(
  facts: RunFacts,
  stages: readonly StageReport[],
  comparisons: readonly Comparison[] = [],
  training: readonly TrainingReport[] = [],
  rewardModels: readonly RewardModelEntry[] = [],
): RunReport {
  const report = {
    ...facts,
    date: facts.date.toISOString(),
    stages,
    comparisons,
    training,
    ...(rewardModels.length > 0 && { rewardModels }),
  };
  requireFinite(report, 'report');
  return report;
}

/** Hardware in words. */
export function hardwareLine({ cpu, cores, device, torch, kernel }: Hardware): string {
  const blas = kernel ? `, OpenBLAS kernel ${kernel}` : '';
  return `${cpu} (${cores} cores), ${device}, libtorch ${torch}${blas}`;
}

/** Processor and cores of this machine, for `Hardware`. */
export function processor(): Pick<Hardware, 'cpu' | 'cores'> {
  return { cpu: cpus()[0]?.model.trim() || 'unknown', cores: availableParallelism() };
}

function requireFinite(value: unknown, path: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${path} is ${value}`);
  if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) requireFinite(child, `${path}.${key}`);
  }
}
