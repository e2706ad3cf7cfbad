/** @file Types of what the program asks the set-up. */

/** A libtorch on this machine. */
export interface Torch {
  /** e.g. `2.11.0+cu130` */
  readonly version: string;
  /** The prefix that holds include/ and lib/. */
  readonly dir: string;
  readonly source: 'AHA_TORCH' | 'python' | 'system';
  readonly libDir: string;
  /** Whether it is a CUDA build. */
  readonly cuda: boolean;
  readonly cxx11Abi: boolean;
}

/** The addon in use. */
export interface CurrentAddon {
  /** The addon's file, absolute. */
  readonly path: string;
  readonly torchVersion: string;
  readonly torchDir: string;
  readonly torchSource: Torch['source'];
  /** Whether the addon was built with CUDA. */
  readonly cuda: boolean;
  readonly cxx11Abi: boolean;
}

export interface Blas {
  readonly name: string;
  readonly path: string | null;
  readonly good: boolean;
  readonly remedy: string | null;
}

export interface ThreadPolicy {
  /** Value of OMP_WAIT_POLICY. */
  readonly waitPolicy: string;
  /** How many threads OpenMP starts. */
  readonly threads: number;
  /** Where these come from, one line. */
  readonly why: string;
  readonly coreType: CoreType;
}

/** OpenBLAS's kernel, as the environment asks for it. */
export interface CoreType {
  /** Value of OPENBLAS_CORETYPE; null: OpenBLAS chooses. */
  readonly value: string | null;
  /** Set before this process, the set-up's verdict, or no verdict. */
  readonly source: 'set' | 'checked' | 'unchecked';
  /** One line. */
  readonly why: string;
}

/** The kernel that multiplies matrices on the CPU. */
export interface MeasuredKernel {
  /** As OpenBLAS names it; null where libtorch has another BLAS. */
  readonly kernel: string | null;
  /** 10⁹ operations of a float32 product in a second of CPU time, on one thread. */
  readonly gflops: number;
  readonly coreType: CoreType;
  /** The core type that suits the processor, where the kernel in use lacks instructions it has; else null. */
  readonly better: string | null;
}

/** A process that multiplies matrices did not end well. */
export interface FailedKernel {
  /** How it ended, as a predicate: `was ended by SIGILL`. */
  readonly failure: string;
  readonly coreType: CoreType;
}

export interface SetupStatus {
  readonly torch: Torch | null;
  /** Why a torch that was looked at did not serve. */
  readonly rejected: readonly string[];
  /** Version of the C++ compiler. */
  readonly compiler: string | null;
  readonly addon: 'fresh' | 'stale' | 'missing';
  readonly current: CurrentAddon | null;
  readonly dist: 'fresh' | 'stale';
  readonly blas: Blas | null;
}

/** Directory of this package. */
export const PACKAGE_ROOT: string;

/** The command that builds what is missing. */
export const SETUP_COMMAND: string;

/** How this program is called here, as words of a shell. */
export function programName(where?: { readonly root?: string; readonly cwd?: string }): string;

/** The C++ compiler to call. */
export const COMPILER: string;

/** Builds what is missing, and says on the way what it does. Throws SetupError. */
export function setUp(): Promise<{ readonly torch: Torch; readonly addon: string }>;

/** What the person has to provide, or a step that failed; the message says what to do. */
export class SetupError extends Error {
  constructor(what: string, remedy: string, exitCode?: number);
  readonly what: string;
  readonly remedy: string;
  readonly exitCode: number;
}

/** Where the lines of `setUp` go: standard output unless given. */
export function sayOn(output: { write(text: string): unknown }): void;

/** The addon in use, null when none is built. */
export function currentAddon(): CurrentAddon | null;

/** Sets how OpenMP waits and OpenBLAS's kernel (unless set); must run before the addon is loaded. */
export function applyThreadPolicy(env?: NodeJS.ProcessEnv): ThreadPolicy;

/** What was found on this machine, and whether the addon and dist/ are up to date. Builds nothing. */
export function setupStatus(): Promise<SetupStatus>;

/** Names and times the kernel in a process of its own, with the settings of this one; null without an addon. */
export function measureKernel(): Promise<MeasuredKernel | FailedKernel | null>;
