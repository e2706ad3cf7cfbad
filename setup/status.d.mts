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

/** build/addon/current.json: the addon in use. */
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

/** The addon in use, null when none is built. */
export function currentAddon(): CurrentAddon | null;

/** Sets how OpenMP waits (unless set); must run before the addon is loaded. */
export function applyThreadPolicy(env?: NodeJS.ProcessEnv): ThreadPolicy;

/** What was found on this machine, and whether the addon and dist/ are up to date. Builds nothing. */
export function setupStatus(): Promise<SetupStatus>;
