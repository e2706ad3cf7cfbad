/**
 * @file The Python sandbox of this machine: which programs it is made of, and the command line that builds it.
 *
 * Inside there is CPython's executable, its standard library, the system's shared libraries (all read-only), an empty
 * /dev, and one writable directory in memory. No /etc, /proc, /home, /tmp of the host, no shell, no installed packages;
 * network, processes, IPC and host name are namespaces of its own.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { Confined } from './confined.ts';
import { seccompFilter } from './seccomp.ts';

/** The user a sandbox is started as by root: limits on processes do not hold for root. */
const NOBODY = 65534;
const PROBE_TIME_MS = 20_000;
const PYTHONS = ['/usr/bin/python3', '/usr/local/bin/python3'];
/** Directories of shared libraries outside the standard library, where they exist. */
const LIBRARIES = ['/usr/lib64', '/lib64'];

/** Says where CPython keeps what it needs. */
const LOCATE = `
import json, os, sys, sysconfig
paths = sysconfig.get_paths()
multiarch = sysconfig.get_config_var("MULTIARCH") or ""
print(json.dumps({
    "version": sys.version.split()[0],
    "executable": os.path.realpath(sys.executable),
    "library": [paths["stdlib"], paths["platstdlib"]],
    "shared": ["/usr/lib/" + multiarch, "/lib/" + multiarch] if multiarch else [],
    "prefix": sysconfig.get_config_var("LIBDIR") or "",
    "soname": sysconfig.get_config_var("INSTSONAME") or "",
}))
`;

const locationSchema = z.object({
  version: z.string(),
  executable: z.string(),
  library: z.array(z.string()),
  shared: z.array(z.string()),
  prefix: z.string(),
  soname: z.string(),
});
type Location = z.output<typeof locationSchema>;

/** What a Python sandbox is made of here. */
export interface PythonSandbox {
  readonly bubblewrap: string;
  /** CPython's version, e.g. `3.11.2`. */
  readonly version: string;
  /** User sandboxes are started as; null for the caller's own. */
  readonly uid: number | null;
  /** Whether the number of processes can be limited: not where only root itself may build namespaces. */
  readonly limitsProcesses: boolean;
  readonly location: Location;
}

async function usable(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** The program bwrap in the first of these directories that has it; throws UserError saying how to install it. */
export async function findBubblewrap(
  directories: readonly string[] = (process.env.PATH ?? '').split(delimiter).concat('/usr/bin'),
): Promise<string> {
  for (const directory of directories) {
    const file = join(directory || '/', 'bwrap');
    if (await usable(file, constants.X_OK)) return file;
  }
  throw new UserError(
    'Python programs are run under bubblewrap, and bwrap is not installed',
    'Install it, e.g.: apt-get install -y bubblewrap',
  );
}

async function findPython(): Promise<Location> {
  for (const file of PYTHONS) {
    if (!(await usable(file, constants.X_OK))) continue;
    const { stdout } = await promisify(execFile)(file, ['-I', '-S', '-c', LOCATE], { env: {} });
    return locationSchema.parse(JSON.parse(stdout));
  }
  throw new UserError(
    `Python programs need the system's CPython, and there is no ${PYTHONS.join(' or ')}`,
    'Install it, e.g.: apt-get install -y python3',
  );
}

/** The paths the sandbox sees, each bound read-only at its own place; what does not exist is passed over. */
function visible({ executable, library, shared, prefix, soname }: Location): string[] {
  const own = soname.endsWith('.a') || soname === '' ? [] : [join(prefix, soname)];
  return [...new Set([executable, ...library, ...shared, ...LIBRARIES, ...own])];
}

/** bubblewrap's command line for one run of CPython with `script` as its program. */
export function sandboxArguments(sandbox: PythonSandbox, script: string, filesMb: number): string[] {
  const { executable, prefix } = sandbox.location;
  const groups = [
    ['--unshare-all', '--unshare-user', '--uid', `${NOBODY}`, '--gid', `${NOBODY}`],
    ['--hostname', 'sandbox', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    visible(sandbox.location).flatMap((path) => ['--ro-bind-try', path, path]),
    ['--dev', '/dev', '--remount-ro', '/dev'],
    ['--size', `${filesMb * 2 ** 20}`, '--tmpfs', '/box', '--symlink', 'box', '/tmp', '--chdir', '/box'],
    ['--remount-ro', '/', '--clearenv', '--setenv', 'HOME', '/box', '--setenv', 'LANG', 'C.UTF-8'],
    ['--setenv', 'LD_LIBRARY_PATH', prefix, '--setenv', 'PYTHONHASHSEED', '0'],
    ['--setenv', 'MALLOC_ARENA_MAX', '1', '--seccomp', '4'],
    ['--', executable, '-I', '-S', '-B', '-X', 'utf8', '-c', script],
  ];
  return groups.flat();
}

/** Null where a sandbox of this user works, else what its programs say. */
async function tryOut(sandbox: PythonSandbox): Promise<string | null> {
  const child = new Confined({
    file: sandbox.bubblewrap,
    args: sandboxArguments(sandbox, 'print(6 * 7)', 1),
    uid: sandbox.uid,
    seccomp: seccompFilter(1),
    stdin: '',
    timeMs: PROBE_TIME_MS,
    outputBytes: 2 ** 16,
  });
  const { stdout, stderr, status, stopped } = await child.ended;
  if (stdout === '42\n') return null;
  return stderr.trim() || (stopped ?? `exit status ${status}`);
}

async function findSandbox(): Promise<PythonSandbox> {
  const bubblewrap = await findBubblewrap();
  const location = await findPython();
  const root = process.getuid?.() === 0;
  let refusal: string | null = null;
  for (const uid of root ? [NOBODY, null] : [null]) {
    const limitsProcesses = !root || uid !== null;
    const sandbox = { bubblewrap, version: location.version, uid, limitsProcesses, location };
    refusal = await tryOut(sandbox);
    if (refusal === null) return sandbox;
  }
  throw new UserError(
    `bubblewrap cannot build a sandbox here: ${refusal}`,
    'Run as root, or allow user namespaces: sysctl user.max_user_namespaces=10000 ' +
      'kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist); ' +
      'in a container, start it with --security-opt seccomp=unconfined.',
  );
}

let found: Promise<PythonSandbox> | undefined;

/**
 * The Python sandbox of this machine, tried out once per process. Throws UserError saying what to install or to allow
 * where there is none.
 */
export function pythonSandbox(): Promise<PythonSandbox> {
  found ??= findSandbox();
  return found;
}
