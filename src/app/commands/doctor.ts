/**
 * @file `aha doctor`: what this machine offers, what was built, and for each thing missing what to do.
 */
import { freemem, totalmem } from 'node:os';
import type { Command } from 'commander';
import {
  applyThreadPolicy,
  COMPILER,
  type FailedKernel,
  type MeasuredKernel,
  measureKernel,
  SETUP_COMMAND,
  type SetupStatus,
  setupStatus,
  type ThreadPolicy,
} from '../../../setup/status.mjs';
import { UserError } from '../../errors.ts';
import { pythonSandbox } from '../../grading/sandbox/index.ts';
import type { DeviceReport } from '../../torch/index.ts';
import type { Io } from '../cli/io.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  /** What was found. */
  readonly value: string;
  readonly ok: boolean;
  /** What to do when it is not in order. */
  readonly remedy?: string;
}

/** What the findings are drawn from. */
export interface Facts {
  readonly node: string;
  readonly setup: SetupStatus;
  readonly threads: ThreadPolicy;
  /** What multiplies matrices on the CPU; null where there is no addon to ask. */
  readonly kernel: MeasuredKernel | FailedKernel | null;
  /** What the engine says, or why it does not load. */
  readonly engine: DeviceReport | string;
  /** What runs Python programs for the reward `code`, or the error that says why nothing does. */
  readonly python: string | UserError;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Adds `aha doctor`. */
export function addDoctor(program: Command, io: Io): void {
  program
    .command('doctor')
    .description('say what was found on this machine and what is missing')
    .option('--json', 'print the findings as JSON')
    .action(async (options: { json?: boolean }) => {
      const facts = await gather();
      const findings = examine(facts);
      const healthy = findings.every(({ ok }) => ok);
      const json = { healthy, findings, kernel: facts.kernel };
      io.stdout.write(options.json ? `${JSON.stringify(json)}\n` : findingsText(findings));
      if (!healthy)
        throw new UserError('something is not in order', 'What to do stands beside each line marked with !.');
    });
}

async function gather(): Promise<Facts> {
  const threads = applyThreadPolicy();
  const setup = await setupStatus();
  const engine = setup.addon === 'missing' ? 'the addon is not built' : await deviceReport();
  return {
    node: process.versions.node,
    setup,
    threads,
    kernel: await measureKernel(),
    engine,
    python: await pythonReport(),
    freeBytes: freemem(),
    totalBytes: totalmem(),
  };
}

/** Loads libtorch; a failure is a finding like any other. */
async function deviceReport(): Promise<DeviceReport | string> {
  try {
    return (await import('../../torch/index.ts')).deviceReport();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function pythonReport(): Promise<string | UserError> {
  try {
    return `CPython ${(await pythonSandbox()).version} under bubblewrap`;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Judges the facts. */
export function examine(facts: Facts): Finding[] {
  const { setup, threads, engine } = facts;
  return [
    nodeFinding(facts.node),
    torchFinding(setup),
    setup.compiler === null
      ? { name: 'compiler', value: 'none', ok: false, remedy: `${SETUP_COMMAND} installs it, or says how` }
      : { name: 'compiler', value: `${COMPILER} ${setup.compiler}`, ok: true },
    ...buildFindings(setup),
    ...engineFindings(engine),
    ...ranksFinding(engine),
    { name: 'threads', value: threadsText(threads, engine), ok: true },
    ...blasFinding(setup),
    ...kernelFinding(facts.kernel),
    pythonFinding(facts.python),
    memoryFinding(facts.freeBytes, facts.totalBytes),
  ];
}

function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { name: 'node', value: version, ok, ...(ok ? {} : { remedy: 'Install Node 20.19 or newer.' }) };
}

function torchFinding({ torch, rejected }: SetupStatus): Finding {
  if (torch === null) {
    const value = rejected.length === 0 ? 'none' : `none (${rejected.join('; ')})`;
    return { name: 'torch', value, ok: false, remedy: `${SETUP_COMMAND} installs it, or says how` };
  }
  const from = { AHA_TORCH: 'AHA_TORCH', python: 'the active Python', system: 'the system' }[torch.source];
  return { name: 'torch', value: `${torch.version} from ${from} (${torch.libDir})`, ok: true };
}

function buildFindings({ addon, current, dist }: SetupStatus): Finding[] {
  const built =
    current === null
      ? ''
      : ` (torch ${current.torchVersion}${current.cuda ? ', CUDA' : ''}: ${current.path})`;
  const judge = (name: string, state: string, value: string): Finding =>
    state === 'fresh' ? { name, value, ok: true } : { name, value, ok: false, remedy: SETUP_COMMAND };
  return [judge('addon', addon, `${addon}${built}`), judge('dist', dist, dist)];
}

function engineFindings(engine: DeviceReport | string): Finding[] {
  if (typeof engine === 'string')
    return [{ name: 'engine', value: engine, ok: false, remedy: SETUP_COMMAND }];
  return engine.devices.map(({ device, name, totalBytes, capability }) => ({
    name: 'device',
    value:
      name === undefined
        ? device
        : `${device}: ${name}, ${gibibytes(totalBytes ?? 0)}, capability ${capability}`,
    ok: true,
  }));
}

/** Without them only runs on several ranks are refused, so that a machine is in order all the same. */
function ranksFinding(engine: DeviceReport | string): Finding[] {
  if (typeof engine === 'string') return [];
  if (engine.ranks.length > 0) return [{ name: 'ranks', value: engine.ranks.join(', '), ok: true }];
  const remedy = `Install Gloo's headers (apt-get install libgloo-dev), then: ${SETUP_COMMAND}`;
  return [{ name: 'ranks', value: 'none: the addon was built without Gloo and NCCL', ok: true, remedy }];
}

function threadsText({ waitPolicy, threads, why }: ThreadPolicy, engine: DeviceReport | string): string {
  const used = typeof engine === 'string' ? threads : engine.threads;
  return `${used}, waiting ${waitPolicy} (${why})`;
}

function blasFinding({ blas }: SetupStatus): Finding[] {
  if (blas === null) return [];
  const value = blas.path === null ? blas.name : `${blas.name}: ${blas.path}`;
  return [{ name: 'blas', value, ok: blas.good, ...(blas.remedy === null ? {} : { remedy: blas.remedy }) }];
}

function kernelFinding(measured: MeasuredKernel | FailedKernel | null): Finding[] {
  if (measured === null) return [];
  const { coreType } = measured;
  if ('failure' in measured) {
    const remedy = coreType.source === 'set' ? 'Unset OPENBLAS_CORETYPE.' : SETUP_COMMAND;
    return [{ name: 'kernel', value: `a product ${measured.failure} (${coreType.why})`, ok: false, remedy }];
  }
  const { kernel, gflops, better } = measured;
  const value = `${kernel ?? "of libtorch's own BLAS"}, ${gflops} GFLOP/s a core in float32 (${coreType.why})`;
  if (better === null) return [{ name: 'kernel', value, ok: true }];
  const remedy = {
    set: `This kernel is slow here. Unset OPENBLAS_CORETYPE, or set it to ${better}.`,
    checked:
      'This kernel is slow here. Install a newer OpenBLAS, or PyTorch (pip install torch), which has MKL.',
    unchecked: `This kernel is slow here. ${SETUP_COMMAND} checks ${better}, and uses it from then on.`,
  };
  return [{ name: 'kernel', value, ok: false, remedy: remedy[coreType.source] }];
}

/** Without it only the reward `code` lacks a language, so that a machine is in order all the same. */
function pythonFinding(python: string | UserError): Finding {
  if (typeof python === 'string') return { name: 'python', value: python, ok: true };
  const [value = '', ...remedy] = python.message.split('\n  ');
  return { name: 'python', value: `no sandbox for programs: ${value}`, ok: true, remedy: remedy.join(' ') };
}

/** Below this, even the small recipes and the compiler run short. */
const LEAST_MEMORY = 2 ** 30;

function memoryFinding(free: number, total: number): Finding {
  const value = `${gibibytes(free)} of ${gibibytes(total)} free`;
  if (free >= LEAST_MEMORY) return { name: 'memory', value, ok: true };
  return { name: 'memory', value, ok: false, remedy: 'Close other programs: less than 1 GiB is left.' };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** The findings as lines; those not in order are marked with ! and followed by what to do. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, value, ok, remedy }) => [
    `${ok ? ' ' : '!'} ${name.padEnd(width)}  ${value}`,
    ...(remedy === undefined ? [] : [`  ${' '.repeat(width)}  → ${remedy}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
